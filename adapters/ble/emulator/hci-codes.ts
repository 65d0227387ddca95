/** The numbers of the Host Controller Interface that the controller knows (Core Specification 5.4, Vol. 1 Part F, Vol. 4 Part E). */

/** Error codes (Vol. 1, Part F, 1.3). */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  keyMissing: 0x06,
  connectionTimeout: 0x08,
  connectionLimit: 0x09,
  connectionExists: 0x0b,
  commandDisallowed: 0x0c,
  unsupportedFeature: 0x11,
  invalidParameters: 0x12,
  remoteUser: 0x13,
  remotePowerOff: 0x15,
  localHost: 0x16,
} as const;

/** Opcodes: the group in the upper six bits, the command in the lower ten (Vol. 4, Part E, 5.4.1). */
export const OPCODE = {
  disconnect: 0x0406,
  readRemoteVersion: 0x041d,
  setEventMask: 0x0c01,
  reset: 0x0c03,
  readLeHostSupport: 0x0c6c,
  writeLeHostSupport: 0x0c6d,
  readLocalVersion: 0x1001,
  readLocalCommands: 0x1002,
  readLocalFeatures: 0x1003,
  readBufferSize: 0x1005,
  readAddress: 0x1009,
  readRssi: 0x1405,
  leSetEventMask: 0x2001,
  leReadBufferSize: 0x2002,
  leReadLocalFeatures: 0x2003,
  leSetRandomAddress: 0x2005,
  leSetScanParameters: 0x200b,
  leSetScanEnable: 0x200c,
  leCreateConnection: 0x200d,
  leCreateConnectionCancel: 0x200e,
  leReadAcceptListSize: 0x200f,
  leClearAcceptList: 0x2010,
  leConnectionUpdate: 0x2013,
  leReadRemoteFeatures: 0x2016,
  leRand: 0x2018,
  leEnableEncryption: 0x2019,
  leReadSupportedStates: 0x201c,
  leSetDataLength: 0x2022,
  leReadSuggestedDataLength: 0x2023,
  leWriteSuggestedDataLength: 0x2024,
  leReadMaximumDataLength: 0x202f,
} as const;

/** Event codes (Vol. 4, Part E, 7.7). */
export const EVENT = {
  disconnectionComplete: 0x05,
  encryptionChange: 0x08,
  readRemoteVersionComplete: 0x0c,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  hardwareError: 0x10,
  numberOfCompletedPackets: 0x13,
  dataBufferOverflow: 0x1a,
  leMeta: 0x3e,
} as const;

/** Subevents of LE Meta (Vol. 4, Part E, 7.7.65). */
export const LE_EVENT = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  readRemoteFeaturesComplete: 0x04,
  dataLengthChange: 0x07,
} as const;
