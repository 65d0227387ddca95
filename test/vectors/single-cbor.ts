import { bytes, type ContentVector, type VectorValue } from "./content.ts";

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A Table C.-2";
const RFC = "RFC 8949 Appendix A";
const LESHAN = "eclipse-leshan LwM2mNodeCborEncoder: times are tagged, floats are as wide as need be";

/** Content-Format 60: items of RFC 8949 for the types of Table C.-2. */
export const SINGLE_CBOR_VECTORS: readonly ContentVector[] = [
  cbor("text", RFC, "6449455446", ["/3/0/0", "string", "IETF"]),
  cbor("an empty text", RFC, "60", ["/3/0/0", "string", ""]),
  cbor("an integer of 32 bits", RFC, "1a000f4240", ["/1024/0/0", "integer", 1000000]),
  cbor("an integer of 40 bits", RFC, "1b000000e8d4a51000", ["/1024/0/0", "integer", 1000000000000]),
  cbor("a negative integer", RFC, "3903e7", ["/1024/0/0", "integer", -1000]),
  cbor("the smallest integer", "computed", "3b7fffffffffffffff", ["/1024/0/0", "integer", -(2n ** 63n)]),
  cbor("the largest unsigned integer", RFC, "1bffffffffffffffff", ["/1024/0/0", "unsigned", 2n ** 64n - 1n]),
  cbor("a float of 32 bits", RFC, "fa47c35000", ["/3303/0/5700", "float", 100000]),
  cbor("a float of 64 bits", RFC, "fb3ff199999999999a", ["/3303/0/5700", "float", 1.1]),
  cbor("a half float", RFC, "f97bff", ["/3303/0/5700", "float", 65504], "decode"),
  cbor("an integer for a float", RFC, "1864", ["/3303/0/5700", "float", 100], "decode"),
  cbor("a decimal fraction for a float", RFC, "c48221196ab3", ["/3303/0/5700", "float", 273.15], "decode"),
  cbor("a whole float for an integer", "computed", "f94200", ["/1024/0/0", "integer", 3], "decode"),
  cbor("false", RFC, "f4", ["/3306/0/5850", "boolean", false]),
  cbor("true", RFC, "f5", ["/3306/0/5850", "boolean", true]),
  cbor("opaque", RFC, "4401020304", ["/0/0/3", "opaque", bytes("01020304")]),
  cbor("no bytes", RFC, "40", ["/0/0/3", "opaque", bytes("")]),
  cbor("a time", CORE, "1a514b67b0", ["/3/0/13", "time", 1363896240]),
  cbor("a time before 1970", "computed: the type is signed", "20", ["/3/0/13", "time", -1]),
  cbor(
    "a time with the tag of epoch times",
    `${RFC}; ${LESHAN}`,
    "c11a514b67b0",
    ["/3/0/13", "time", 1363896240],
    "decode",
  ),
  cbor(
    "a time as a date",
    RFC,
    "c074323031332d30332d32315432303a30343a30305a",
    ["/3/0/13", "time", 1363896240],
    "decode",
  ),
  cbor("an object link", `computed from ${CORE}`, "6436363a30", ["/66/0/2", "objlnk", { object: 66, instance: 0 }]),
  cbor("no object link", `computed from ${CORE}`, "6b36353533353a3635353335", [
    "/66/0/2",
    "objlnk",
    { object: 65535, instance: 65535 },
  ]),
  cbor("links", `computed from ${CORE}`, "663c2f332f303e", ["/25/0/3", "corelnk", "</3/0>"]),
  cbor("an integer of a byte", `computed from ${CORE}`, "182a", ["/1024/0/0", "integer", 42]),
  cbor("a negative integer of two bytes", `computed from ${CORE}`, "39012b", ["/1024/0/0", "integer", -300]),
  cbor("a float that four bytes hold", `computed from ${CORE}`, "fa41b40000", ["/3303/0/5700", "float", 22.5]),
  cbor("a text of one letter", `computed from ${CORE}`, "6155", ["/3/0/16", "string", "U"]),
  cbor("three bytes", `computed from ${CORE}`, "43010203", ["/0/0/3", "opaque", bytes("010203")]),
  cbor("the time of the device of Appendix F", `computed from ${CORE}`, "1a5182428f", ["/3/0/13", "time", 1367491215]),
  cbor("a resource instance", "computed", "191388", ["/d01/3/0/7/1", "integer", 5000]),
];

function cbor(
  name: string,
  source: string,
  hex: string,
  value: VectorValue,
  direction: "both" | "decode" = "both",
): ContentVector {
  return { name, source, contentFormat: 60, base: value[0], hex, values: [value], direction };
}
