import { bytes, type ContentVector, DEVICE, type VectorValue } from "./content.ts";

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A";
const GATEWAY = "OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A";

/** "Open Mobile Alliance" */
const OMA = "744f70656e204d6f62696c6520416c6c69616e6365";
/** The device of Appendix F but for the error code, which can be written in two ways of the same length. */
const device = (errorCode: string): string =>
  `a1 820300 ad 00${OMA} 01764c69676874776569676874204d324d20436c69656e74 0269333435303030313233 0363312e30
   06a200010105 07a200190ed801191388 08a200187d01190384 091864 0a0f ${errorCode} 0d1a5182428f 0e662b30323a3030 106155`;

const MANUFACTURER = DEVICE.slice(0, 1);
const TEMPERATURE: readonly VectorValue[] = [
  ["/3303/0/5700", "float", 22.5],
  ["/3303/0/5701", "string", "Cel"],
];
const DEVICES: readonly VectorValue[] = [
  ["/d01/3/0/0", "string", "Company A"],
  ["/d01/3/0/9", "integer", 100],
  ["/d02/3/0/0", "string", "Company B"],
  ["/d02/3/0/9", "integer", 65],
];

/** Content-Format 11544. */
export const LWM2M_CBOR_VECTORS: readonly ContentVector[] = [
  cbor("a resource", `${CORE} §7.5.4.1`, "/3/0/0", `a1 83030000 ${OMA}`, MANUFACTURER),
  cbor("a resource in nested maps", `${CORE} §7.5.4.1`, "/3/0/0", `a1 03 a1 00 a1 00 ${OMA}`, MANUFACTURER, "decode"),
  cbor("a multiple resource", `${CORE} §7.5.4.2`, "/3/0/6", "a1 83030006 a2 0001 0105", DEVICE.slice(4, 6)),
  cbor("an instance", `${CORE} §7.5.4.3`, "/3/0", device("820b00 00"), DEVICE),
  cbor("an instance, each multiple resource a map", `${CORE} §7.5.4.3`, "/3/0", device("0b a10000"), DEVICE, "decode"),
  cbor(
    "an object of two instances",
    `computed as ${CORE} §7.5.4.4`,
    "/1",
    "a1 01 a2 00a2 001865 06f5 01a2 001866 06f4",
    [
      ["/1/0/0", "integer", 101],
      ["/1/0/6", "boolean", true],
      ["/1/1/0", "integer", 102],
      ["/1/1/6", "boolean", false],
    ],
  ),
  cbor("a composite answer", `${CORE} §7.5.4.5`, "/", `a2 820300 a2 00${OMA} 091864 83010001 1a00015180`, [
    ["/3/0/0", "string", "Open Mobile Alliance"],
    ["/3/0/9", "integer", 100],
    ["/1/0/1", "integer", 86400],
  ]),
  cbor(
    "an instance with a resource instance among resources",
    `${CORE} §7.5.4.6`,
    "/2/5",
    "a1 820205 a4 0005 0100 82021866 00 031865",
    [
      ["/2/5/0", "integer", 5],
      ["/2/5/1", "integer", 0],
      ["/2/5/2/102", "integer", 0],
      ["/2/5/3", "integer", 101],
    ],
  ),
  cbor(
    "two devices behind a gateway",
    `${GATEWAY} §10`,
    "/",
    `a2 8363643031 0300 a2 0069436f6d70616e792041 091864
    8363643032 0300 a2 0069436f6d70616e792042 091841`,
    DEVICES,
  ),
  cbor(
    "two devices, the prefixes alone in their keys",
    `computed from ${GATEWAY} §9`,
    "/",
    `bf 63643031 a1 03 a1 00 bf
    0069436f6d70616e792041 091864 ff 63643032 bf 9f0300ff bf 0069436f6d70616e792042 091841 ff ff ff`,
    DEVICES,
    "decode",
  ),
  cbor(
    "a resource of a device",
    `computed from ${GATEWAY} §9`,
    "/d01/3303/0/5700",
    "a1 8463643031190ce700191644 fa41b40000",
    [["/d01/3303/0/5700", "float", 22.5]],
  ),
  cbor(
    "two devices and the gateway",
    `computed from ${GATEWAY} §9`,
    "/",
    `a3 8463643031190ce700191644 fa41b40000
    8463643032190ce700191644 fa41980000 83030009 1864`,
    [
      ["/d01/3303/0/5700", "float", 22.5],
      ["/d02/3303/0/5700", "float", 19],
      ["/3/0/9", "integer", 100],
    ],
  ),
  cbor(
    "two devices and the gateway, a float as an integer",
    `computed from ${GATEWAY} §9`,
    "/",
    `a3 8463643031190ce700191644 fa41b40000
    8463643032190ce700191644 13 83030009 1864`,
    [
      ["/d01/3303/0/5700", "float", 22.5],
      ["/d02/3303/0/5700", "float", 19],
      ["/3/0/9", "integer", 100],
    ],
    "decode",
  ),
  cbor(
    "a device in maps of indefinite length",
    `computed from ${GATEWAY} §9`,
    "/d01/3303/0",
    "bf 8363643031190ce700 bf 191644fa41b40000 1916456343656c ff ff",
    [
      ["/d01/3303/0/5700", "float", 22.5],
      ["/d01/3303/0/5701", "string", "Cel"],
    ],
    "decode",
  ),
  cbor("a float", "computed", "/3303/0/5700", "a1 83190ce700191644 fa41b40000", TEMPERATURE.slice(0, 1)),
  cbor(
    "a float in a map of indefinite length",
    `computed from ${CORE} §7.5.4`,
    "/3303/0/5700",
    "bf 83190ce700191644 fa41b40000 ff",
    TEMPERATURE.slice(0, 1),
    "decode",
  ),
  cbor("floats and text", "computed", "/3303/0", "a1 82190ce700 a2 191644fa41b40000 1916456343656c", TEMPERATURE),
  cbor(
    "a key of indefinite length in a map of indefinite length",
    `computed from ${CORE} §7.5.4`,
    "/3303/0",
    `bf 9f190ce700ff bf
    191644f94da0 81191645 6343656c ff ff`,
    TEMPERATURE,
    "decode",
  ),
  cbor(
    "one device in two maps, a decimal fraction",
    `computed from ${CORE} §7.5.4`,
    "/3303/0",
    `a2 83190ce700191644 c48220 18e1
    81190ce7 a1 8100 a1 81191645 6343656c`,
    TEMPERATURE,
    "decode",
  ),
  cbor("object links", "computed", "/65/0/0", "a1 83184100 00 a2 006436363a30 016436363a31", [
    ["/65/0/0/0", "objlnk", { object: 66, instance: 0 }],
    ["/65/0/0/1", "objlnk", { object: 66, instance: 1 }],
  ]),
  cbor(
    "opaque, links, a time before 1970 and an integer of 64 bits",
    `computed from ${CORE} Table C.-2`,
    "/1024/0",
    `a1 8219040000 a4
    0043010203 01663c2f332f303e 0220 031bffffffffffffffff`,
    [
      ["/1024/0/0", "opaque", bytes("010203")],
      ["/1024/0/1", "corelnk", "</3/0>"],
      ["/1024/0/2", "time", -1],
      ["/1024/0/3", "unsigned", 2n ** 64n - 1n],
    ],
  ),
  cbor(
    "a tagged time",
    `computed from ${CORE} Table C.-2`,
    "/3/0/13",
    "a1 8303000d c11a5182428f",
    [["/3/0/13", "time", 1367491215]],
    "decode",
  ),
];

function cbor(
  name: string,
  source: string,
  base: string,
  hex: string,
  values: readonly VectorValue[],
  direction: "both" | "decode" = "both",
): ContentVector {
  return { name, source, contentFormat: 11544, base, hex, values, direction };
}
