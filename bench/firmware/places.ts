/** Where the device is, and how much it takes: known to both ends. */
export const ADDRESS = "f0:00:00:00:00:01";
export const SMP_SERVICE = "8d53dc1d-1db7-4cd3-868b-8a527460aa84";
export const SMP_CHARACTERISTIC = "da2e7828-fbce-4e01-ae9e-261174997c48";
/** Zephyr's usual one. */
export const BUFFER = 384;
/** Of the image, in one request: what fits into that buffer in each of them. */
export const CHUNK = 312;
export const MQTT_CHUNK = 1024;
export const TOPIC = "bench/ota";
export const DATA = `${TOPIC}/data`;
export const ACK = `${TOPIC}/ack`;
export const VERSION = `${TOPIC}/version`;
/** As the gateway calls it. */
export const DEVICE = "bench";
