import { bytes, type ContentVector, DEVICE, HIERARCHY, type VectorValue } from "./content.ts";

const ENCODER = "eclipse-leshan LwM2mNodeEncoderTest";
const DECODER = "eclipse-leshan LwM2mNodeDecoderTest";

const CUSTOM: readonly VectorValue[] = [
  ["/1024/0/0", "string", "a string"],
  ["/1024/0/1", "float", 10.5],
  ["/1024/0/2", "boolean", true],
];

/** Content-Format 11543. */
export const LWM2M_JSON_VECTORS: readonly ContentVector[] = [
  json(
    "an instance",
    `${ENCODER} json_encode_device_object_instance`,
    "/3/0",
    '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"1","sv":"Lightweight M2M Client"},' +
      '{"n":"2","sv":"345000123"},{"n":"3","sv":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},' +
      '{"n":"7/1","v":5000},{"n":"8/0","v":125},{"n":"8/1","v":900},{"n":"9","v":100},{"n":"10","v":15},' +
      '{"n":"11/0","v":0},{"n":"13","v":1367491215},{"n":"14","sv":"+02:00"},{"n":"16","sv":"U"}]}',
    DEVICE,
  ),
  json(
    "a base name of the root",
    `${DECODER} json_device_object_instance0_with_empty_root_basename, shortened`,
    "/3/0",
    '{"bn":"/","e":[{"n":"3/0/0","sv":"Open Mobile Alliance"}]}',
    DEVICE.slice(0, 1),
    "decode",
  ),
  json(
    "no base name",
    `${DECODER} json_device_object_instance0_without_basename, shortened`,
    "/3/0",
    '{"e":[{"n":"/3/0/6/0","v":1},{"n":"/3/0/6/1","v":5}]}',
    DEVICE.slice(4, 6),
    "decode",
  ),
  json(
    "names without the first slash, each kind of value",
    `${DECODER} json_custom_object_instance`,
    "/1024/0",
    '{"bn":"1024/0/", "e":[{"n":"0","sv":"a string"},{"n":"1","v":10.5},{"n":"2","bv":true}]}',
    CUSTOM,
    "decode",
  ),
  json(
    "a base name cut within an ID",
    `${DECODER} json_cut_basename_name_in_the_middle_of_an_id`,
    "/3/0/11",
    '{"bn":"3/0/1","e":[{"n":"1/0","v":0},{"n":"1/1","v":0}]}',
    [
      ["/3/0/11/0", "integer", 0],
      ["/3/0/11/1", "integer", 0],
    ],
    "decode",
  ),
  json("nothing", `${DECODER} json_empty_object`, "/2", '{"bn":"2", "e":[]}', [], "decode"),
  json(
    "names below the request path",
    "computed",
    "/3/0",
    '{"e":[{"n":"14","sv":"+02:00"}]}',
    DEVICE.slice(14, 15),
    "decode",
  ),
  json("a resource", "computed", "/3/0/9", '{"bn":"/3/0/9","e":[{"v":100}]}', DEVICE.slice(10, 11)),
  json(
    "object links",
    "computed from §6.4.4: ov",
    "/65/0/0",
    '{"bn":"/65/0/0/","e":[{"n":"0","ov":"66:0"},{"n":"1","ov":"66:1"}]}',
    HIERARCHY.slice(0, 2),
  ),
  json(
    "an object link as text, as Leshan writes it",
    "eclipse-leshan LwM2mNodeJsonEncoder",
    "/65/0/0",
    '{"bn":"/65/0/0/","e":[{"n":"0","sv":"66:0"},{"n":"1","sv":"66:1"}]}',
    HIERARCHY.slice(0, 2),
    "decode",
  ),
  json("opaque in base64", "computed from Table C.-2", "/0/0/3", '{"bn":"/0/0/3","e":[{"sv":"q83v/w=="}]}', [
    ["/0/0/3", "opaque", bytes("abcdefff")],
  ]),
  json("an integer of 64 bits", "computed", "/1024/0/0", '{"bn":"/1024/0/0","e":[{"v":-9223372036854775808}]}', [
    ["/1024/0/0", "integer", -(2n ** 63n)],
  ]),
  json(
    "a device behind a gateway",
    "computed from OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §9",
    "/d01/3303/0",
    '{"bn":"/d01/3303/0/","e":[{"n":"5700","v":22.5},{"n":"5701","sv":"Cel"}]}',
    [
      ["/d01/3303/0/5700", "float", 22.5],
      ["/d01/3303/0/5701", "string", "Cel"],
    ],
  ),
];

function json(
  name: string,
  source: string,
  base: string,
  text: string,
  values: readonly VectorValue[],
  direction: "both" | "decode" = "both",
): ContentVector {
  return { name, source, contentFormat: 11543, base, text, values, direction };
}
