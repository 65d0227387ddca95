/** Devices that say who they are, on one Modbus TCP socket, for tools. */
import type { Lifetime } from "./process.ts";
import { exception, frame, ScriptedSlave, type SlaveRequest } from "./scripted-slave.ts";

/** What a unit answers: its PDU; undefined: it is silent. */
export type Answer = (pdu: Buffer) => readonly number[] | undefined;

/** Units by their address; for any other a gateway's exception 11. */
export async function aToolSlave(t: Lifetime, units: Readonly<Record<number, Answer>>): Promise<ScriptedSlave> {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  slave.otherwise = (request: SlaveRequest, socket) => {
    const unit = units[request.unit];
    if (unit === undefined) return exception(0x0b)(request, socket);
    const answer = unit(request.pdu);
    if (answer !== undefined) socket.write(frame(request, ...answer));
  };
  return slave;
}

/** Answers FC 43/14 with vendor, product and revision; all else with exception 2. */
export function identified(...texts: readonly string[]): Answer {
  const objects = texts.flatMap((text, id) => [id, text.length, ...Buffer.from(text)]);
  return (pdu) => (pdu[0] === 43 ? [43, 14, pdu[2] ?? 1, 0x81, 0, 0, texts.length, ...objects] : refused(pdu));
}

/** Has holding registers from an address on; all else is exception 2. */
export function holdingFrom(first: number, bytes: Buffer): Answer {
  return (pdu) => {
    const [at, count] = pdu.length >= 5 ? [pdu.readUInt16BE(1) - first, pdu.readUInt16BE(3)] : [-1, 0];
    if (pdu[0] !== 3 || at < 0 || 2 * (at + count) > bytes.length) return refused(pdu);
    return [3, 2 * count, ...bytes.subarray(2 * at, 2 * (at + count))];
  };
}

function refused(pdu: Buffer): readonly number[] {
  return [(pdu[0] ?? 0) | 0x80, 2];
}
