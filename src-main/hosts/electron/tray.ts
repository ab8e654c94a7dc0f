import { Menu, Tray } from 'electron';
import type { Labels } from './labels.ts';

export interface PanelTray extends Disposable {
  relabel(labels: Labels): void;
}

/** The icon in the system's tray, with which a hidden window comes back. */
export function createTray(iconPath: string, labels: Labels, actions: { readonly show: () => void; readonly quit: () => void }): PanelTray {
  const tray = new Tray(iconPath);
  const relabel = (next: Labels): void => {
    tray.setContextMenu(
      Menu.buildFromTemplate([{ label: next.show, click: actions.show }, { type: 'separator' }, { label: next.quit, click: actions.quit }]),
    );
  };
  tray.setToolTip('Nightshift');
  tray.on('click', actions.show);
  relabel(labels);
  return { relabel, [Symbol.dispose]: () => tray.destroy() };
}
