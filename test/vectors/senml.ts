import { bytes, type ContentVector, DEVICE, HIERARCHY, type VectorValue } from "./content.ts";

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A";
const CORE_1_1 = "OMA-TS-LightweightM2M_Core-V1_1-20180710-A";
const LESHAN = "eclipse-leshan LwM2mNodeEncoderTest";

const GATEWAY: readonly VectorValue[] = [
  ["/d01/3303/0/5700", "float", 22.1],
  ["/d01/3303/0/5601", "float", 17.5],
  ["/d01/3303/0/5602", "float", 23.9],
  ["/d01/3303/0/5701", "string", "Cel"],
];

const GATEWAY_TS = "OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §9";
const GATEWAY_AND_DEVICE: readonly VectorValue[] = [
  ["/d01/3303/0/5700", "float", 22.5],
  ["/3/0/9", "integer", 100],
];

const COMPOSITE: readonly VectorValue[] = [
  ["/3/0/0", "string", "Open Mobile Alliance"],
  ["/3/0/9", "integer", 95],
  ["/1/0/1", "integer", 86400],
];

const SWITCHES: readonly VectorValue[] = [
  ["/3311/0/5850", "boolean", false],
  ["/3311/1/5850", "boolean", false],
  ["/3311/2/5851", "integer", 20],
  ["/3308/0/5900", "float", 18],
];

const SECURITY: readonly VectorValue[] = [
  ["/0/1/0", "string", "coaps://server1.example.com"],
  ["/0/1/1", "boolean", false],
  ["/0/1/2", "integer", 0],
  ["/0/1/3", "opaque", bytes("62333133636332322d663936392d343265632d61643432")],
  ["/0/1/4", "opaque", bytes("")],
  ["/0/1/5", "opaque", bytes("1ca2028d7197c778e9aef5ef69082bea")],
  ["/0/1/10", "integer", 101],
];

/** Content-Format 110. */
export const SENML_JSON_VECTORS: readonly ContentVector[] = [
  json(
    "an instance",
    `${CORE} Table 7.5.6.-2; ${LESHAN}`,
    "/3/0",
    '[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"1","vs":"Lightweight M2M Client"},{"n":"2","vs":"345000123"},' +
      '{"n":"3","vs":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},{"n":"7/1","v":5000},{"n":"8/0","v":125},' +
      '{"n":"8/1","v":900},{"n":"9","v":100},{"n":"10","v":15},{"n":"11/0","v":0},{"n":"13","v":1367491215},' +
      '{"n":"14","vs":"+02:00"},{"n":"16","vs":"U"}]',
    DEVICE,
  ),
  json(
    "a resource",
    `${CORE} Table 7.5.6.-5`,
    "/3/0/0",
    '[{"bn":"/3/0/0","vs":"Open Mobile Alliance"}]',
    DEVICE.slice(0, 1),
  ),
  json(
    "a multiple resource",
    LESHAN,
    "/3/0/7",
    '[{"bn":"/3/0/7/","n":"0","v":3800},{"n":"1","v":5000}]',
    DEVICE.slice(6, 8),
  ),
  json("opaque", LESHAN, "/0/0/3", '[{"bn":"/0/0/3","vd":"q83v"}]', [["/0/0/3", "opaque", bytes("abcdef")]]),
  json(
    "an object link to nowhere in hexadecimal, in a hierarchy",
    `${CORE} Table 7.5.6.-4`,
    "/",
    '[{"bn":"/","n":"65/0/0/0","vlo":"66:0"},{"n":"65/0/0/1","vlo":"66:1"},{"n":"65/0/1","vs":"8613800755500"},' +
      '{"n":"65/0/2","v":1},{"n":"66/0/0","vs":"myService1"},{"n":"66/0/1","vs":"Internet.15.234"},{"n":"66/0/2","vlo":"67:0"},' +
      '{"n":"66/1/0","vs":"myService2"},{"n":"66/1/1","vs":"Internet.15.235"},{"n":"66/1/2","vlo":"FFFF:FFFF"},' +
      '{"n":"67/0/0","vs":"85.76.76.84"},{"n":"67/0/1","vs":"85.76.255.255"}]',
    HIERARCHY,
    "decode",
  ),
  json(
    "a composite answer, with white space",
    `${CORE} Table 7.5.6.-7`,
    "/",
    '[{"n":"/3/0/0", "vs":"Open Mobile Alliance"},\n{"n" :"/3/0/9", "v":95},\n{"n":"/1/0/1", "v":86400}]',
    COMPOSITE,
    "decode",
  ),
  json(
    "a composite write",
    `${CORE} Table 7.5.6.-9`,
    "/",
    '[{"n":"/3311/0/5850", "vb":false},\n{"n":"/3311/1/5850", "vb":false},\n{"n":"/3311/2/5851", "v":20},\n{"n":"/3308/0/5900", "v":18}]',
    SWITCHES,
    "decode",
  ),
  json(
    "a write to some instances of a resource",
    `${CORE} §6.3.3.1`,
    "/34/0/1",
    '[ { "n": "/34/0/1/1", "vs":"Yellow" },\n  { "n": "/34/0/1/3", "vs":"Blue" }]',
    [
      ["/34/0/1/1", "string", "Yellow"],
      ["/34/0/1/3", "string", "Blue"],
    ],
    "decode",
  ),
  json(
    "opaque values, an empty one among them",
    `${CORE} Table 6.1.7.7.-2, first instance`,
    "/0/1",
    '[{"bn":"/0/1/","n":"0","vs":"coaps://server1.example.com"},{"n":"1","vb":false},{"n":"2","v":0},' +
      '{"n":"3","vd":"YjMxM2NjMjItZjk2OS00MmVjLWFkNDI"},{"n":"4","vd":""},{"n":"5","vd":"HKICjXGXx3jprvXvaQgr6g"},' +
      '{"n":"10","v":101}]',
    SECURITY,
  ),
  json(
    "a device behind a gateway",
    "OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §10",
    "/d01/3303/0",
    '[{"bn":"/d01/3303/0/","n":"5700","v":22.1},{"n":"5601","v":17.5},{"n":"5602","v":23.9},{"n":"5701","vs":"Cel"}]',
    GATEWAY,
  ),
];

/** Content-Format 112. */
export const SENML_CBOR_VECTORS: readonly ContentVector[] = [
  cbor(
    "an instance",
    `${CORE} §7.5.7 and Appendix M`,
    "/3/0",
    `90 a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365
     a200613103764c69676874776569676874204d324d20436c69656e74 a20061320369333435303030313233 a20061330363312e30
     a20063362f300201 a20063362f310205 a20063372f3002190ed8 a20063372f3102191388 a20063382f3002187d a20063382f3102190384
     a2006139021864 a200623130020f a2006431312f300200 a200623133021a5182428f a20062313403662b30323a3030 a200623136036155`,
    DEVICE,
  ),
  cbor(
    "a hierarchy of object links",
    `${CORE_1_1} Table 7.4.4-4; eclipse-wakaama tests/data_senml_cbor_tests.c`,
    "/",
    `8c a321612f006836352f302f302f3063766c6f6436363a30 a2006836352f302f302f3163766c6f6436363a31
     a2006636352f302f31036d38363133383030373535353030 a2006636352f302f320201 a2006636362f302f30036a6d795365727669636531
     a2006636362f302f31036f496e7465726e65742e31352e323334 a2006636362f302f3263766c6f6436373a30
     a2006636362f312f30036a6d795365727669636532 a2006636362f312f31036f496e7465726e65742e31352e323335
     a2006636362f312f3263766c6f6b36353533353a3635353335 a2006636372f302f30036b38352e37362e37362e3834
     a2006636372f302f31036d38352e37362e3235352e323535`,
    HIERARCHY,
  ),
  cbor(
    "a resource",
    `${CORE_1_1} Table 7.4.4-5; eclipse-wakaama`,
    "/3/0/0",
    "81a221662f332f302f3003744f70656e204d6f62696c6520416c6c69616e6365",
    DEVICE.slice(0, 1),
  ),
  cbor(
    "a composite answer of absolute names",
    `${CORE_1_1} Table 7.4.4-7; eclipse-wakaama`,
    "/",
    `83 a200662f332f302f3003744f70656e204d6f62696c6520416c6c69616e6365 a200662f332f302f3902185f a200662f312f302f31021a00015180`,
    COMPOSITE,
    "decode",
  ),
  cbor("opaque", LESHAN, "/0/0/3", "81a221662f302f302f330843abcdef", [["/0/0/3", "opaque", bytes("abcdef")]]),
  cbor(
    "a composite write",
    "OMA ETS INT 1.2 int-257",
    "/",
    "83 a321612f0065312f302f32021865 a20065312f302f3604f5 a20066332f302f31330200",
    [
      ["/1/0/2", "integer", 101],
      ["/1/0/6", "boolean", true],
      ["/3/0/13", "time", 0],
    ],
  ),
  cbor("a float", "computed", "/3303/0/5700", "81a2216c2f333330332f302f3537303002fa41b40000", [
    ["/3303/0/5700", "float", 22.5],
  ]),
  cbor("a double", "computed", "/3303/0/5700", "81a2216c2f333330332f302f3537303002fb4036666666666666", [
    ["/3303/0/5700", "float", 22.4],
  ]),
  cbor("an object link", "computed", "/65/0/0/0", "81a221692f36352f302f302f3063766c6f6436363a30", [
    ["/65/0/0/0", "objlnk", { object: 66, instance: 0 }],
  ]),
  cbor("an integer of 64 bits", "computed", "/1024/0/0", "81a221692f313032342f302f30021b0000000100000000", [
    ["/1024/0/0", "integer", 2 ** 32],
  ]),
  cbor("the smallest integer", "computed", "/1024/0/0", "81a221692f313032342f302f30023b7fffffffffffffff", [
    ["/1024/0/0", "integer", -(2n ** 63n)],
  ]),
  cbor("a boolean", "computed", "/1/0/6", "81a221662f312f302f3604f5", [["/1/0/6", "boolean", true]]),
  cbor(
    "one resource of a device",
    `computed from ${GATEWAY_TS}`,
    "/d01/3303/0/5700",
    "81a221702f6430312f333330332f302f3537303002fa41b40000",
    GATEWAY_AND_DEVICE.slice(0, 1),
  ),
  cbor(
    "a device and the gateway, a base name for each",
    `computed from ${GATEWAY_TS}`,
    "/",
    "82 a221702f6430312f333330332f302f3537303002fa41b40000 a221662f332f302f39021864",
    GATEWAY_AND_DEVICE,
  ),
  cbor(
    "a device and the gateway in whole names",
    `computed from ${GATEWAY_TS}`,
    "/",
    "82 a200702f6430312f333330332f302f3537303002fa41b40000 a200662f332f302f39021864",
    GATEWAY_AND_DEVICE,
    "decode",
  ),
  cbor(
    "a device behind a gateway",
    "computed from OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §9",
    "/d01/3303/0",
    "82a3216c2f6430312f333330332f302f00643537303002fa41b40000a2006435373031036343656c",
    [
      ["/d01/3303/0/5700", "float", 22.5],
      ["/d01/3303/0/5701", "string", "Cel"],
    ],
  ),
  cbor(
    "indefinite lengths, a half float and a decimal fraction",
    "computed from RFC 8949 §3.2.2, §3.4.4",
    "/3303/0",
    "9f bf 21 682f333330332f302f 00 6435373030 02 f94da0 ff a2 00 6435363031 02 c48220182d ff",
    [
      ["/3303/0/5700", "float", 22.5],
      ["/3303/0/5601", "float", 4.5],
    ],
    "decode",
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
  return { name, source, contentFormat: 110, base, text, values, direction };
}

function cbor(
  name: string,
  source: string,
  base: string,
  hex: string,
  values: readonly VectorValue[],
  direction: "both" | "decode" = "both",
): ContentVector {
  return { name, source, contentFormat: 112, base, hex, values, direction };
}
