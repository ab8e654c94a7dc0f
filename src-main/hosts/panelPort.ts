/** Port of the panel in a browser; the next free one is taken when it is occupied (product page: serve). */
export const DEFAULT_PANEL_PORT = 5_555;
