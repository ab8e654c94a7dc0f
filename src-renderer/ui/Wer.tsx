import { useFormat } from '../app/language.ts';
import { werTone } from '../features/run/rowView.ts';

/** A word error rate as a coloured percentage without its sign; a dash where there is none. */
export function Wer({ ratio }: { readonly ratio: number | null }) {
  const format = useFormat();
  return ratio === null ? (
    <span className="faint">–</span>
  ) : (
    <span className={`wer num ${werTone(ratio)}`}>{format.percentBare(ratio)}</span>
  );
}
