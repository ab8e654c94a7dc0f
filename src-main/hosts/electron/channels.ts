/** One question and its `Result`. */
export const REQUEST_CHANNEL = 'nightshift:request';
/** The page wants events from now on; asking twice changes nothing. */
export const SUBSCRIBE_CHANNEL = 'nightshift:subscribe';
/** Whether the runtime is away (boolean), main process to page, at every change and to whoever subscribes while it is. */
export const CONNECTION_CHANNEL = 'nightshift:connection';
/** One event of the contract, main process to page. */
export const EVENT_CHANNEL = 'nightshift:event';
