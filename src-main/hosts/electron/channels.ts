/** One question and its `Result`. */
export const REQUEST_CHANNEL = 'nightshift:request';
/** The page wants events from now on; asking twice changes nothing. */
export const SUBSCRIBE_CHANNEL = 'nightshift:subscribe';
/** One event of the contract, or `RUNTIME_LOST_MESSAGE` (at every change, and to whoever subscribes meanwhile), main process to page. */
export const EVENT_CHANNEL = 'nightshift:event';
