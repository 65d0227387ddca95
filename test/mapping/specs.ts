import assert from "node:assert/strict";
import type { PointShape, RawValue } from "../../src/adapter.ts";
import { Lwm2mError } from "../../src/errors.ts";
import type { ResourceDefinition } from "../../src/lwm2m/objects/definition.ts";
import type { ResourceType, Value } from "../../src/lwm2m/sample.ts";
import { type Conversion, ConversionError, type ConversionSpec } from "../../src/mapping/conversion-types.ts";
import { makeConversion } from "../../src/mapping/convert.ts";

/** Modbus registers, plain bytes (a BLE characteristic), a coil, a JSON value. */
export const REGISTERS: PointShape = { kind: "bytes", defaultType: "u16", wordBytes: 2, writable: true };
export const BYTES: PointShape = { kind: "bytes", writable: true };
export const COIL: PointShape = { kind: "boolean", writable: true };
export const SCALAR: PointShape = { kind: "scalar", writable: true };

export type Spec = Partial<ConversionSpec>;

export function resource(type: ResourceType, more: Partial<ResourceDefinition> = {}): ResourceDefinition {
  return { id: 5700, name: "Sensor Value", operations: "RW", multiple: false, mandatory: true, type, ...more };
}

/** A writable entry over Modbus registers, where nothing else is said. */
export function conversion(spec: Spec, type: ResourceType, more: Partial<ResourceDefinition> = {}): Conversion {
  return makeConversion({ shape: REGISTERS, writable: true, ...spec }, resource(type, more));
}

/** The ConversionError as "key: message". */
export function refusal(spec: Spec, type: ResourceType, more: Partial<ResourceDefinition> = {}): string {
  try {
    conversion(spec, type, more);
  } catch (error) {
    assert.ok(error instanceof ConversionError, String(error));
    return `${error.key}: ${error.message}`;
  }
  return assert.fail("nothing was refused");
}

export function good({ toValue }: Conversion, raw: RawValue): Value {
  const converted = toValue(raw);
  return "good" in converted ? converted.good : assert.fail(converted.bad);
}

export function bad({ toValue }: Conversion, raw: RawValue): string {
  const converted = toValue(raw);
  return "bad" in converted ? converted.bad : assert.fail(`good: ${String(converted.good)}`);
}

export function write({ toRaw }: Conversion, value: Value): RawValue {
  assert.ok(toRaw !== undefined, "not writable");
  return toRaw(value).raw;
}

/** The sentence of the 4.00 that a write gets. */
export function writeRefusal(converter: Conversion, value: Value): string {
  try {
    write(converter, value);
  } catch (error) {
    assert.ok(error instanceof Lwm2mError, String(error));
    assert.equal(error.code, 0x80);
    return error.message;
  }
  return assert.fail("nothing was refused");
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}
