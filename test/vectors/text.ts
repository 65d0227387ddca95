import type { ContentVector, VectorValue } from "./content.ts";
import { bytes } from "./content.ts";

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A";

/** Content-Format 0: the column of Table C.-2, with paths of our own where the table has none. */
export const TEXT_VECTORS: readonly ContentVector[] = [
  text("text", `${CORE} §7.5.1`, "Open Mobile Alliance", ["/3/0/0", "string", "Open Mobile Alliance"]),
  text("a time to write", "OMA Transport 1.2.2 Figure 6.4.4.-1", "1367491215", ["/3/0/13", "time", 1367491215]),
  text("an integer", `${CORE} Table C.-2`, "-750", ["/1024/0/0", "integer", -750]),
  text("an unsigned integer", `${CORE} Table C.-2`, "18", ["/1024/0/0", "unsigned", 18]),
  text("a small float without exponent", `${CORE} Table C.-2`, "0.00000000006667", ["/1024/0/0", "float", 6.667e-11]),
  text("false", `${CORE} Table C.-2`, "0", ["/1024/0/0", "boolean", false]),
  text("true", `${CORE} Table C.-2`, "1", ["/1024/0/0", "boolean", true]),
  text("opaque as padded base64", `${CORE} Table C.-2`, "AQIDBAU=", ["/1024/0/0", "opaque", bytes("0102030405")]),
  text("a time", `${CORE} Table C.-2`, "1476186613", ["/1024/0/0", "time", 1476186613]),
  text("a float", "eclipse-leshan LwM2mNodeEncoderTest", "56.4", ["/1024/0/15", "float", 56.4]),
  text("an object link", "computed from Table C.-2", "66:0", ["/65/0/0/0", "objlnk", { object: 66, instance: 0 }]),
  text("no object link", "computed from Table C.-2", "65535:65535", [
    "/66/1/2",
    "objlnk",
    { object: 65535, instance: 65535 },
  ]),
  text("an empty text", "computed", "", ["/3/0/0", "string", ""]),
  text("the largest unsigned integer", "computed", "18446744073709551615", ["/1024/0/0", "unsigned", 2n ** 64n - 1n]),
  text("the smallest integer", "computed", "-9223372036854775808", ["/1024/0/0", "integer", -(2n ** 63n)]),
];

function text(name: string, source: string, payload: string, value: VectorValue): ContentVector {
  return { name, source, contentFormat: 0, base: value[0], text: payload, values: [value], direction: "both" };
}
