import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { Labels } from './labels.ts';

/** The application menu: what the system expects everywhere. Everything about runs is in the page. */
export function menuTemplate(labels: Labels, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const quit: MenuItemConstructorOptions = { role: 'quit', label: labels.quit };
  const edit: MenuItemConstructorOptions[] = [
    { role: 'undo', label: labels.undo },
    { role: 'redo', label: labels.redo },
    { type: 'separator' },
    { role: 'cut', label: labels.cut },
    { role: 'copy', label: labels.copy },
    { role: 'paste', label: labels.paste },
    { role: 'selectAll', label: labels.selectAll },
  ];
  const view: MenuItemConstructorOptions[] = [
    { role: 'reload', label: labels.reload },
    { role: 'toggleDevTools', label: labels.devTools },
    { type: 'separator' },
    { role: 'resetZoom', label: labels.actualSize },
    { role: 'zoomIn', label: labels.zoomIn },
    { role: 'zoomOut', label: labels.zoomOut },
    { type: 'separator' },
    { role: 'togglefullscreen', label: labels.fullScreen },
  ];
  const window: MenuItemConstructorOptions[] = [
    { role: 'minimize', label: labels.minimize },
    { role: 'close', label: labels.close },
  ];
  return [
    platform === 'darwin'
      ? { label: 'Nightshift', submenu: [{ role: 'hide', label: labels.hide }, { type: 'separator' }, quit] }
      : { label: labels.file, submenu: [quit] },
    { label: labels.edit, submenu: edit },
    { label: labels.view, submenu: view },
    { label: labels.window, submenu: window },
  ];
}

export function installMenu(labels: Labels): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(labels, process.platform)));
}
