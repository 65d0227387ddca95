/** CBOR (Content-Format 60): the one value of one resource or resource instance (Core 1.2 §7.5.3, Table C-2). */
import { ProtocolError } from "../../errors.ts";
import { decodeCbor } from "./cbor-reader.ts";
import { describeItem, scalarValue, writeValue } from "./cbor-value.ts";
import { writeCbor } from "./cbor-writer.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import type { ReportCodec } from "./report.ts";
import { onlySample } from "./single.ts";
import { fitValue, misfit, singleType, tryFit } from "./value.ts";

export const singleCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.cbor,
  carriesTime: false,
  singleValue: true,
  encode(samples, base, typeOf) {
    const sample = onlySample(samples, base, typeOf);
    return writeCbor((writer) => writeValue(writer, sample, typeOf));
  },
  decode(payload, base, typeOf) {
    const type = singleType(base, typeOf);
    const item = decodeCbor(payload);
    const value = scalarValue(item);
    if (value === undefined) throw misfit(base, type, describeItem(item));
    return [{ path: base, value: fitValue(value, type, base) }];
  },
  decodeReport(payload, { base, typeOf }) {
    const item = decodeCbor(payload);
    const value = scalarValue(item);
    if (value === undefined) throw new ProtocolError(`CBOR: ${describeItem(item)} is no value`);
    const type = typeOf(base)?.type;
    return [{ path: base, value: (type === undefined ? undefined : tryFit(value, type)) ?? value }];
  },
};
