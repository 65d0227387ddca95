import { bytes, type ContentVector, DEVICE, type VectorValue } from "./content.ts";

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A";
const LESHAN = "eclipse-leshan LwM2mNodeEncoderTest, LwM2mNodeDecoderTest";
const ZEPHYR = "zephyr tests/net/lib/lwm2m/content_oma_tlv";

// The example of §7.5.5.1 has a letter too few ("Lightweigt") for its own length; these are the bytes that it means.
const DEVICE_HEX = `c800144f70656e204d6f62696c6520416c6c69616e6365 c801164c69676874776569676874204d324d20436c69656e74
  c80209333435303030313233 c303312e30 8606410001410105 88070842000ed842011388 870841007d42010384 c10964 c10a0f 830b410000
  c40d5182428f c60e2b30323a3030 c11055`;

const ACCESS_CONTROL: readonly VectorValue[] = [
  ["/2/0/0", "integer", 1],
  ["/2/0/1", "integer", 0],
  ["/2/0/2/127", "integer", 7],
  ["/2/0/3", "integer", 127],
  ["/2/2/0", "integer", 3],
  ["/2/2/1", "integer", 0],
  ["/2/2/2/127", "integer", 7],
  ["/2/2/2/310", "integer", 1],
  ["/2/2/3", "integer", 127],
];

const LINKS: readonly VectorValue[] = [
  ["/65/0/0/0", "objlnk", { object: 66, instance: 0 }],
  ["/65/0/0/1", "objlnk", { object: 66, instance: 1 }],
  ["/65/0/1", "string", "8613800755500"],
  ["/65/0/2", "integer", 0x12345678],
];

/** Content-Format 11542. */
export const TLV_VECTORS: readonly ContentVector[] = [
  tlv("an instance: bare resources", LESHAN, "/3/0", DEVICE_HEX, DEVICE),
  tlv("an object: the instance is wrapped", LESHAN, "/3", `080079 ${DEVICE_HEX}`, DEVICE),
  tlv(
    "an object of two instances",
    `${CORE} §7.5.5.2 B`,
    "/2",
    "08000ec10001c101008302417f07c1037f 080212c10003c101008702417f0761013601c1037f",
    ACCESS_CONTROL,
  ),
  tlv(
    "object links",
    `${CORE} §7.5.5.3 example 1`,
    "/65/0",
    "88000c440000420000440100420001 c8010d38363133383030373535353030 c40212345678",
    LINKS,
  ),
  tlv("a multiple resource", `${CORE} §7.5.5.1`, "/3/0/6", "8606410001410105", DEVICE.slice(4, 6)),
  tlv("a multiple resource of one", `${CORE} §7.5.5.1`, "/3/0/11", "830b410000", [["/3/0/11/0", "integer", 0]]),
  tlv("a resource instance", "computed from §7.5.5", "/3/0/7/1", "42011388", [["/3/0/7/1", "integer", 5000]]),
  one("100 in a byte", `${CORE} §7.5.5.1`, "c10964", ["/3/0/9", "integer", 100]),
  one("128 in two bytes: the type is signed", "computed from Table C.-2", "c2090080", ["/3/0/9", "integer", 128]),
  one("128 in a byte where the type is not", "computed from Table C.-2", "c10980", ["/3/0/9", "unsigned", 128]),
  one("a time of four bytes", LESHAN, "c40d5182428f", ["/3/0/13", "time", 1367491215]),
  one("a time of eight bytes", "computed", "c80d0800000000f4865700", ["/3/0/13", "time", 4102444800]),
  one("zero", ZEPHYR, "c1aa00", ["/1024/0/170", "integer", 0]),
  one("the smallest byte", ZEPHYR, "e1aabb80", ["/1024/0/43707", "integer", -128]),
  one("the largest 16 bits", ZEPHYR, "c2aa7fff", ["/1024/0/170", "integer", 32767]),
  one("the smallest 16 bits", ZEPHYR, "e2aabb8000", ["/1024/0/43707", "integer", -32768]),
  one("the largest 32 bits", ZEPHYR, "c4aa7fffffff", ["/1024/0/170", "integer", 2147483647]),
  one("the smallest 32 bits", ZEPHYR, "e4aabb80000000", ["/1024/0/43707", "integer", -2147483648]),
  one("the largest 64 bits", ZEPHYR, "c8aa087fffffffffffffff", ["/1024/0/170", "integer", 2n ** 63n - 1n]),
  one("the smallest 64 bits", ZEPHYR, "e8aabb088000000000000000", ["/1024/0/43707", "integer", -(2n ** 63n)]),
  one("text", ZEPHYR, "c8aa0b746573745f737472696e67", ["/1024/0/170", "string", "test_string"]),
  one("true", ZEPHYR, "c1aa01", ["/1024/0/170", "boolean", true]),
  one("false with a long ID", ZEPHYR, "e1aabb00", ["/1024/0/43707", "boolean", false]),
  one("a link", ZEPHYR, "c4aa00010002", ["/1024/0/170", "objlnk", { object: 1, instance: 2 }]),
  one("a link to nowhere", ZEPHYR, "e4aabbffffffff", ["/1024/0/43707", "objlnk", { object: 65535, instance: 65535 }]),
  one("a double", ZEPHYR, "c8aa083fbf7ced916872b0", ["/1024/0/170", "float", 0.123]),
  {
    ...one("a double that we write as four bytes", ZEPHYR, "c8aa084008000000000000", ["/1024/0/170", "float", 3]),
    direction: "decode",
  },
  one("a float of four bytes", "computed", "e4164441b40000", ["/3303/0/5700", "float", 22.5]),
  one("opaque, length in the type byte", "eclipse-wakaama tests/data_tlvtests.c", "c337010203", [
    "/1024/0/55",
    "opaque",
    bytes("010203"),
  ]),
  one("opaque, length of a byte", "computed", `c837 08 ${"ab".repeat(8)}`, [
    "/1024/0/55",
    "opaque",
    bytes("ab".repeat(8)),
  ]),
  one("opaque, length of two bytes", "computed", `d02a 03e8 ${"ab".repeat(1000)}`, [
    "/1024/0/42",
    "opaque",
    bytes("ab".repeat(1000)),
  ]),
  one("opaque, length of three bytes", "computed", `d845 0186a0 ${"ab".repeat(100_000)}`, [
    "/1024/0/69",
    "opaque",
    bytes("ab".repeat(100_000)),
  ]),
  tlv("a device behind a gateway: no prefix inside", "computed", "/d01/3303", "08000de4164441b40000e3164543656c", [
    ["/d01/3303/0/5700", "float", 22.5],
    ["/d01/3303/0/5701", "string", "Cel"],
  ]),
  {
    ...tlv("an instance may be wrapped all the same", LESHAN, "/3/0", `080079 ${DEVICE_HEX}`, DEVICE),
    direction: "decode",
  },
];

function tlv(name: string, source: string, base: string, hex: string, values: readonly VectorValue[]): ContentVector {
  return { name, source, contentFormat: 11542, base, hex, values, direction: "both" };
}

function one(name: string, source: string, hex: string, value: VectorValue): ContentVector {
  return tlv(name, source, value[0], hex, [value]);
}

/** Payloads of the specification whose lengths are wrong: they must be refused, not guessed at. */
export const BROKEN_TLV: readonly { readonly source: string; readonly base: string; readonly hex: string }[] = [
  {
    source: `${CORE} §7.5.5.1, erratum`,
    base: "/3/0",
    hex: "c800144f70656e204d6f62696c6520416c6c69616e6365c801164c696768747765696774204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055",
  },
  { source: `${CORE} §7.5.5.2 C, erratum`, base: "/1", hex: "08000dc10001c40100015180c10601c10755" },
];
