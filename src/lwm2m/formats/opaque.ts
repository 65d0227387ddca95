/** Opaque (Content-Format 42): the bytes of one opaque resource or resource instance (Core 1.2 §7.5.2). */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import type { ReportCodec } from "./report.ts";
import { onlySample } from "./single.ts";
import { misfit, plainBytes, singleType } from "./value.ts";

export const opaque: ReportCodec = {
  contentFormat: CONTENT_FORMAT.opaque,
  carriesTime: false,
  singleValue: true,
  encode(samples, base, typeOf) {
    const { value } = onlySample(samples, base, typeOf);
    if (value instanceof Uint8Array) return value;
    throw new Lwm2mError(CODE.notAcceptable, `${base} is not opaque: ask for another format`);
  },
  decode(payload, base, typeOf) {
    const type = singleType(base, typeOf);
    if (type !== "opaque") throw misfit(base, type, "opaque bytes");
    return [{ path: base, value: plainBytes(payload) }];
  },
  decodeReport: (payload, { base }) => [{ path: base, value: plainBytes(payload) }],
};
