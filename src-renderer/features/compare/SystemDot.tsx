import type { ShownSystem } from './systemNames.ts';
import './systemColors.css';

/** The colour of a system's mode; a second system of the same mode has another shade of it. */
export function SystemDot({ system }: { readonly system: Pick<ShownSystem, 'mode' | 'shade'> }) {
  return <span className={`dot ${system.mode}`} data-shade={Math.min(system.shade, 3)} aria-hidden="true" />;
}
