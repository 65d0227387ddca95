/** Resources 3 and 5 of object 5, Firmware Update 1.2. */

export const UPDATE_STATE = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const;
export type UpdateState = (typeof UPDATE_STATE)[keyof typeof UPDATE_STATE];

export const UPDATE_RESULT = {
  initial: 0,
  success: 1,
  flashFull: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrity: 5,
  unsupportedPackage: 6,
  invalidUri: 7,
  failed: 8,
  unsupportedProtocol: 9,
  cancelled: 10,
  deferred: 11,
} as const;
export type UpdateResult = (typeof UPDATE_RESULT)[keyof typeof UPDATE_RESULT];
