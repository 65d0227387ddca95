/** The HCI commands that the controller knows, each with the length of its parameters (Core Specification 5.4, Vol. 4, Part E, 7). */
import { airTime, COMPANY, type Command, type CommandAnswer, type Host, VERSION } from "./command.ts";
import { CONNECTION_COMMANDS } from "./connection-commands.ts";
import type { ControllerState } from "./controller.ts";
import { OPCODE, STATUS } from "./hci-codes.ts";
import { addressBytes, readU16, u16 } from "./little-endian.ts";

const { success } = STATUS;

/** Supported states (7.8.27): passive and active scanning, initiating; scanning and initiating together and beside connections. */
const STATES = [0x70, 0x00, 0xc0, 0x13, 0x00, 0x00, 0x00, 0x00];
/** LMP features: no BR/EDR, but LE (Vol. 2, Part C, 3.3). */
const LMP_FEATURES = [0x00, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00];
/** How many bytes the bits of Supported Commands take. */
const COMMAND_BITS = 64;

const GENERAL: readonly (readonly [number, Command])[] = [
  [OPCODE.reset, setting(0, (host) => host.reset())],
  [OPCODE.setEventMask, setting(8, (host, mask) => host.masks.set(mask))],
  [OPCODE.leSetEventMask, setting(8, (host, mask) => host.masks.setLe(mask))],
  [OPCODE.readLeHostSupport, answering(() => [1, 0])],
  [OPCODE.writeLeHostSupport, setting(2)],
  [OPCODE.readLocalVersion, answering(() => [VERSION, ...u16(0), VERSION, ...u16(COMPANY), ...u16(0)])],
  [OPCODE.readLocalCommands, answering(() => new Array<number>(COMMAND_BITS).fill(0))],
  [OPCODE.readLocalFeatures, answering(() => LMP_FEATURES)],
  // There are no buffers but those of LE (7.4.5, 7.8.2).
  [OPCODE.readBufferSize, answering(() => new Array<number>(7).fill(0))],
  [OPCODE.readAddress, answering(({ controller }) => [...addressBytes(controller.address)])],
  [OPCODE.leReadBufferSize, answering(({ controller }) => [...u16(controller.aclLength), controller.aclPackets])],
  [OPCODE.leReadLocalFeatures, answering(({ controller }) => [...controller.features])],
  [OPCODE.leSetRandomAddress, setting(6)],
  [OPCODE.leReadSupportedStates, answering(() => STATES)],
  [OPCODE.leRand, answering(({ controller }) => [...controller.random(8)])],
  [OPCODE.leReadAcceptListSize, answering(() => [1])],
  [OPCODE.leClearAcceptList, setting(0)],
  [OPCODE.leReadSuggestedDataLength, answering(({ controller }) => [...u16(controller.aclLength), ...u16(0x0148)])],
  [OPCODE.leWriteSuggestedDataLength, setting(4)],
  [OPCODE.leReadMaximumDataLength, answering(({ controller }) => maximumDataLength(controller))],
  [OPCODE.leSetScanParameters, command(7, setScanParameters)],
  [OPCODE.leSetScanEnable, command(2, setScanEnable)],
];

/** Whatever is not in it is unknown. */
export const COMMANDS: ReadonlyMap<number, Command> = new Map([...GENERAL, ...CONNECTION_COMMANDS]);

function command(length: number, run: Command["run"]): Command {
  return { length, run };
}

/** A command that is always obeyed. */
function setting(length: number, set: (host: Host, parameters: Uint8Array) => void = () => {}): Command {
  return command(length, (host, parameters) => {
    set(host, parameters);
    return { complete: [success] };
  });
}

/** A command without parameters that tells something. */
function answering(tell: (host: Host) => readonly number[]): Command {
  return { length: 0, run: (host) => ({ complete: [success, ...tell(host)] }) };
}

function maximumDataLength({ aclLength }: ControllerState): readonly number[] {
  const one = [...u16(aclLength), ...u16(airTime(aclLength))];
  return [...one, ...one];
}

function setScanParameters({ scanner }: Host, parameters: Uint8Array): CommandAnswer {
  const [type = 0] = parameters;
  const [interval, window] = [readU16(parameters, 1), readU16(parameters, 3)];
  // 7.8.10: from 2.5 ms to 10.24 s, and the window is no longer than the interval.
  const isRight = window >= 0x0004 && window <= interval && interval <= 0x4000;
  return { complete: [isRight ? scanner.setParameters(type) : STATUS.invalidParameters] };
}

function setScanEnable({ scanner, controller }: Host, [enable = 0, filterDuplicates = 0]: Uint8Array): CommandAnswer {
  const status = scanner.setEnabled(enable, filterDuplicates);
  return { complete: [status], after: () => controller.listeningChanged() };
}
