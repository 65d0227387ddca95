/** Whether an encrypted packet is one that somebody has recorded and sends again. */

/** A device whose battery was changed counts from the beginning. */
const BEGINNING = 100;

/**
 * As Home Assistant does (github.com/Bluetooth-Devices/bthome-ble): a packet that counts less than the last one is not believed, save
 * the first hundred of a device that has started again. The same count is the same packet, sent several times.
 */
export function isReplay(last: number | undefined, counter: number): boolean {
  return last !== undefined && counter < last && counter >= BEGINNING;
}
