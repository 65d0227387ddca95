/** Modbus RTU and ASCII on a serial port. MODBUS over Serial Line V1.02 §2. */
import type { AdapterContext } from "../../src/adapter.ts";
import { latencyNote } from "../wires/port-advice.ts";
import { latencyTimer } from "../wires/serial-names.ts";
import { SerialPort } from "../wires/serial-port.ts";
import type { SerialSettings } from "../wires/serial-settings.ts";
import { AnswerReader, type EchoSetting } from "./answer-reader.ts";
import { FramedConnection } from "./framed-connection.ts";
import { FRAMINGS } from "./framing.ts";
import type { Connect } from "./line.ts";

export interface SerialLine {
  readonly framing: "rtu" | "ascii";
  /** The path of the port. */
  readonly port: string;
  readonly line: SerialSettings;
  readonly echo: EchoSetting;
}

/** `onLatency` hears, when the port is open, what is to be said of its adapter; undefined: nothing. */
export function connectSerial(
  { framing, port, line, echo }: SerialLine,
  { log }: AdapterContext,
  onLatency: (note: string | undefined) => void,
): Connect {
  const reader = new AnswerReader(FRAMINGS[framing], echo);
  let noted: string | undefined;
  return async (signal, onLost) => {
    let connection: FramedConnection | undefined;
    const listener = { onData: (chunk: Uint8Array) => connection?.receive(chunk), onLost };
    const open = await SerialPort.open(port, line, listener, signal);
    connection = new FramedConnection(
      {
        write: (bytes) => open.write(bytes),
        flush: () => open.flush(),
        setSpeed: (baudRate = line.baudRate) => open.setSpeed(baudRate),
        destroy: () => open.close(),
      },
      reader,
    );
    const note = latencyNote(port, await latencyTimer(port));
    onLatency(note);
    if (note !== undefined && note !== noted) log.warn({ code: "LG557", port }, note);
    noted = note;
    return connection;
  };
}
