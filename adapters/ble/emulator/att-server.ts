/** The server of the Attribute Protocol on one connection (Core Specification 5.4, Vol. 3, Part F). */
import { ATT, ATT_ERROR, AttError, DEFAULT_MTU } from "./att-codes.ts";
import { findByTypeValue, findInformation, readByGroupType, readByType } from "./discovery.ts";
import type { Attribute, GattDatabase } from "./gatt-database.ts";
import { readU16, u16 } from "./little-endian.ts";
import { TELLING } from "./played-characteristic.ts";
import { PreparedWrites } from "./prepared-writes.ts";

/** Requests about the value of one attribute. */
const ABOUT_VALUES: readonly number[] = [
  ATT.readRequest,
  ATT.readBlobRequest,
  ATT.writeRequest,
  ATT.prepareWriteRequest,
];
/** More would wait for a central that never confirms. */
const MOST_INDICATIONS = 64;

export class AttServer {
  private readonly database: GattDatabase;
  private readonly largestMtu: number;
  private readonly prepared = new PreparedWrites();
  /** By the handle of the value. */
  private readonly configurations = new Map<number, number>();
  private readonly indications: Uint8Array[] = [];
  /** A value that is read in pieces, as it was when that began: it may change meanwhile. */
  private reading: { readonly handle: number; readonly value: Uint8Array } | undefined;
  private confirming = false;
  mtu = DEFAULT_MTU;

  constructor(database: GattDatabase, largestMtu: number) {
    this.database = database;
    this.largestMtu = largestMtu;
  }

  /** What is sent now: the answer, where there is one, or the next indication. Whatever comes, nothing is thrown. */
  handle(pdu: Uint8Array): Uint8Array | undefined {
    const [opcode] = pdu;
    if (opcode === undefined) return undefined;
    try {
      return this.answer(opcode, pdu);
    } catch (error) {
      if (!(error instanceof AttError)) throw error;
      // Commands have no answer (Vol. 3, Part F, 3.3).
      return isCommand(opcode) ? undefined : Uint8Array.from([ATT.error, opcode, ...u16(error.handle), error.code]);
    }
  }

  /** The same, where reads and writes of values are refused with an error code, whatever they are of. */
  refuse(pdu: Uint8Array, code: number): Uint8Array | undefined {
    const [opcode = 0] = pdu;
    if (!ABOUT_VALUES.includes(opcode)) return this.handle(pdu);
    return Uint8Array.from([ATT.error, opcode, ...u16(readU16(pdu, 1)), code]);
  }

  hears(valueHandle: number, how: number): boolean {
    return ((this.configurations.get(valueHandle) ?? 0) & how) !== 0;
  }

  /** What is sent now; undefined: it waits until what was told before is confirmed. */
  tell(valueHandle: number, how: number, bytes: Uint8Array): Uint8Array | undefined {
    const opcode = how === TELLING.indicate ? ATT.indication : ATT.notification;
    const pdu = Uint8Array.from([opcode, ...u16(valueHandle), ...bytes.subarray(0, this.mtu - 3)]);
    if (opcode === ATT.notification) return pdu;
    if (!this.confirming) {
      this.confirming = true;
      return pdu;
    }
    if (this.indications.length < MOST_INDICATIONS) this.indications.push(pdu);
    return undefined;
  }

  private answer(opcode: number, pdu: Uint8Array): Uint8Array | undefined {
    const { database, mtu } = this;
    switch (opcode) {
      case ATT.mtuRequest:
        return this.exchangeMtu(pdu);
      case ATT.findInformationRequest:
        return findInformation(database, pdu, mtu);
      case ATT.findByTypeValueRequest:
        return findByTypeValue(database, pdu, mtu);
      case ATT.readByTypeRequest:
        return readByType(database, pdu, { mtu, read: (attribute) => this.valueOf(attribute) });
      case ATT.readByGroupTypeRequest:
        return readByGroupType(database, pdu, mtu);
      case ATT.readRequest:
        return this.read(pdu);
      case ATT.readBlobRequest:
        return this.readBlob(pdu);
      case ATT.readMultipleRequest:
        return this.readMultiple(pdu);
      case ATT.writeRequest:
        return this.writeRequest(pdu);
      case ATT.writeCommand:
        return this.writeCommand(pdu);
      case ATT.prepareWriteRequest:
        return this.prepareWrite(pdu);
      case ATT.executeWriteRequest:
        return this.executeWrite(pdu);
      case ATT.confirmation:
        return this.confirmed();
      default:
        // Answers to nothing, and commands, which nobody has to know (Vol. 3, Part F, 3.3).
        if (opcode % 2 === 1 || isCommand(opcode)) return undefined;
        throw new AttError(ATT_ERROR.requestNotSupported, 0);
    }
  }

  /** Vol. 3, Part F, 3.4.2: from now on the smaller of both. */
  private exchangeMtu(pdu: Uint8Array): Uint8Array {
    mustBeLong(pdu, 3);
    this.mtu = Math.max(DEFAULT_MTU, Math.min(readU16(pdu, 1), this.largestMtu));
    return Uint8Array.from([ATT.mtuResponse, ...u16(this.largestMtu)]);
  }

  private read(pdu: Uint8Array): Uint8Array {
    mustBeLong(pdu, 3);
    const value = this.beginReading(readU16(pdu, 1));
    return Uint8Array.from([ATT.readResponse, ...value.subarray(0, this.mtu - 1)]);
  }

  private readBlob(pdu: Uint8Array): Uint8Array {
    mustBeLong(pdu, 5);
    const [handle, offset] = [readU16(pdu, 1), readU16(pdu, 3)];
    const begun = offset > 0 && this.reading?.handle === handle ? this.reading.value : this.beginReading(handle);
    if (offset > begun.length) throw new AttError(ATT_ERROR.invalidOffset, handle);
    return Uint8Array.from([ATT.readBlobResponse, ...begun.subarray(offset, offset + this.mtu - 1)]);
  }

  private beginReading(handle: number): Uint8Array {
    const value = this.valueOf(this.attribute(handle));
    this.reading = { handle, value };
    return value;
  }

  private readMultiple(pdu: Uint8Array): Uint8Array {
    if (pdu.length < 5 || pdu.length % 2 === 0) throw new AttError(ATT_ERROR.invalidPdu, 0);
    const handles = Array.from({ length: (pdu.length - 1) / 2 }, (_, i) => readU16(pdu, 1 + 2 * i));
    const values = handles.map((handle) => this.valueOf(this.attribute(handle)));
    return Buffer.concat([Uint8Array.of(ATT.readMultipleResponse), ...values]).subarray(0, this.mtu);
  }

  private writeRequest(pdu: Uint8Array): Uint8Array {
    if (pdu.length < 3) throw new AttError(ATT_ERROR.invalidPdu, 0);
    this.write(readU16(pdu, 1), pdu.subarray(3), "write");
    return Uint8Array.of(ATT.writeResponse);
  }

  private writeCommand(pdu: Uint8Array): undefined {
    if (pdu.length >= 3) this.write(readU16(pdu, 1), pdu.subarray(3), "write-without-response");
  }

  private write(handle: number, bytes: Uint8Array, property: "write" | "write-without-response"): void {
    const attribute = this.attribute(handle);
    switch (attribute.kind) {
      case "value":
        attribute.characteristic.permitWrite(handle, property);
        attribute.characteristic.write(handle, bytes);
        return;
      case "configuration":
        this.configure(attribute, bytes);
        return;
      case "service":
      case "constant":
        throw new AttError(ATT_ERROR.writeNotPermitted, handle);
      default:
        attribute satisfies never;
    }
  }

  private configure(
    { handle, characteristic }: Extract<Attribute, { readonly kind: "configuration" }>,
    bytes: Uint8Array,
  ): void {
    const { faults, properties, valueHandle } = characteristic;
    if (faults.subscribe !== undefined) throw new AttError(faults.subscribe, handle);
    if (bytes.length !== 2) throw new AttError(ATT_ERROR.invalidValueLength, handle);
    const bits = readU16(bytes, 0);
    const known = (properties.has("notify") ? TELLING.notify : 0) | (properties.has("indicate") ? TELLING.indicate : 0);
    if ((bits & ~known) !== 0) throw new AttError(ATT_ERROR.valueNotAllowed, handle);
    this.configurations.set(valueHandle, bits);
  }

  private prepareWrite(pdu: Uint8Array): Uint8Array {
    if (pdu.length < 5) throw new AttError(ATT_ERROR.invalidPdu, 0);
    const [handle, offset] = [readU16(pdu, 1), readU16(pdu, 3)];
    const attribute = this.attribute(handle);
    if (attribute.kind !== "value") throw new AttError(ATT_ERROR.writeNotPermitted, handle);
    attribute.characteristic.permitWrite(handle, "write");
    this.prepared.add({ handle, offset, bytes: Uint8Array.from(pdu.subarray(5)) });
    return Uint8Array.from([ATT.prepareWriteResponse, ...pdu.subarray(1)]);
  }

  /** Vol. 3, Part F, 3.4.6.3: all that was prepared is written, or forgotten. */
  private executeWrite(pdu: Uint8Array): Uint8Array {
    mustBeLong(pdu, 2);
    const [, flags = 0] = pdu;
    if (flags > 1) throw new AttError(ATT_ERROR.invalidPdu, 0);
    const whole = this.prepared.take((handle) => {
      const attribute = this.database.at(handle);
      return attribute?.kind === "value" ? attribute.characteristic.value : new Uint8Array(0);
    });
    if (flags === 1) for (const { handle, bytes } of whole()) this.write(handle, bytes, "write");
    return Uint8Array.of(ATT.executeWriteResponse);
  }

  private confirmed(): Uint8Array | undefined {
    const next = this.indications.shift();
    this.confirming = next !== undefined;
    return next;
  }

  private attribute(handle: number): Attribute {
    const attribute = this.database.at(handle);
    if (attribute === undefined) throw new AttError(ATT_ERROR.invalidHandle, handle);
    return attribute;
  }

  private valueOf(attribute: Attribute): Uint8Array {
    switch (attribute.kind) {
      case "service":
      case "constant":
        return attribute.value;
      case "value":
        return attribute.characteristic.read(attribute.handle);
      case "configuration":
        return Uint8Array.from(u16(this.configurations.get(attribute.characteristic.valueHandle) ?? 0));
    }
  }
}

/** Bit 6 is the Command Flag (Vol. 3, Part F, 3.3.1). */
function isCommand(opcode: number): boolean {
  return (opcode & 0x40) !== 0;
}

function mustBeLong(pdu: Uint8Array, length: number): void {
  if (pdu.length !== length) throw new AttError(ATT_ERROR.invalidPdu, 0);
}
