/** Link-format payloads and what they say. */
export interface LinkVector {
  readonly name: string;
  readonly source: string;
  readonly text: string;
  readonly links: readonly (readonly [target: string, parameters: Readonly<Record<string, string | true>>])[];
  /** Whether we write it the same: not where it has white space, trailing slashes or needless quotes. */
  readonly writes: boolean;
}

const CORE = "OMA-TS-LightweightM2M_Core-V1_2_2-20240613-A";
const LESHAN = "eclipse-leshan DefaultLinkParserTest";

export const LINK_VECTORS: readonly LinkVector[] = [
  {
    name: "the objects of a client",
    source: `${CORE} §6.2.1`,
    text: "</1/0>,</1/1>,</2/0>,</2/1>,</2/2>,</2/3>,</2/4>,</3/0>,</4/0>,</5>",
    links: ["/1/0", "/1/1", "/2/0", "/2/1", "/2/2", "/2/3", "/2/4", "/3/0", "/4/0", "/5"].map((target) => [target, {}]),
    writes: true,
  },
  {
    name: "the formats of a client, with white space after the comma",
    source: `${CORE} §6.2.1`,
    text: '</>;ct="110 112 60", </1/0>,</1/1>',
    links: [
      ["/", { ct: "110 112 60" }],
      ["/1/0", {}],
      ["/1/1", {}],
    ],
    writes: false,
  },
  {
    name: "an older version on the object",
    source: `${CORE} §7.2.3 example 2`,
    text: "</1>;ver=1.0,</1/0>,</1/1>,</3/0>",
    links: [
      ["/1", { ver: "1.0" }],
      ["/1/0", {}],
      ["/1/1", {}],
      ["/3/0", {}],
    ],
    writes: true,
  },
  {
    name: "a version on the only instance",
    source: `${CORE} §7.2.3 example 3`,
    text: "</1/0>,</1/1>,</3/0>,</44/0>;ver=2.2",
    links: [
      ["/1/0", {}],
      ["/1/1", {}],
      ["/3/0", {}],
      ["/44/0", { ver: "2.2" }],
    ],
    writes: true,
  },
  {
    name: "a gateway with two devices",
    source: "OMA-TS-LWM2M_Gateway-V1_1_1-20240312-A §10",
    text: "</1/0>,</3/0>,</5/0>,</25/0>,</25/1>",
    links: ["/1/0", "/3/0", "/5/0", "/25/0", "/25/1"].map((target) => [target, {}]),
    writes: true,
  },
  {
    name: "an alternate path",
    source: "OMA-TS-LightweightM2M_Transport-V1_2_2-20240613-A §6.4.1",
    text: '</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/5>',
    links: [
      ["/lwm2m", { rt: "oma.lwm2m" }],
      ["/lwm2m/1/0", {}],
      ["/lwm2m/5", {}],
    ],
    writes: true,
  },
  {
    name: "accounts, with a trailing slash",
    source: `${CORE} §6.1.7.3`,
    text: '</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://server_1.example.com", </0/1/>, </0/2>;ssid=102',
    links: [
      ["/", { lwm2m: "1.1" }],
      ["/0/0", { ssid: "101", uri: "coaps://server_1.example.com" }],
      ["/0/1", {}],
      ["/0/2", { ssid: "102" }],
    ],
    writes: false,
  },
  {
    name: "a quoted version, as LwM2M 1.0 has it",
    source: LESHAN,
    text: '</1>;ver="2.2"',
    links: [["/1", { ver: "2.2" }]],
    writes: false,
  },
  {
    name: "parameters of every kind",
    source: LESHAN,
    text: '</>;rt="oma.lwm2m";ct=100;qs="quoted_string";us=unquoted_string,</1/101>,</2/1>;empty',
    links: [
      ["/", { rt: "oma.lwm2m", ct: "100", qs: "quoted_string", us: "unquoted_string" }],
      ["/1/101", {}],
      ["/2/1", { empty: true }],
    ],
    writes: false,
  },
  {
    name: "angle brackets in values",
    source: LESHAN,
    text: "</foo>;param=<,</bar>;param2=>",
    links: [
      ["/foo", { param: "<" }],
      ["/bar", { param2: ">" }],
    ],
    writes: true,
  },
  {
    name: "a comma, a semicolon and a quote within quotes",
    source: "computed from RFC 6690 §2",
    text: '</foo>;param="a,b;c \\"d\\"",</bar>',
    links: [
      ["/foo", { param: 'a,b;c "d"' }],
      ["/bar", {}],
    ],
    writes: true,
  },
  {
    name: "every character of a token",
    source: LESHAN,
    text: "</foo>;param=!#$%&'()*+-.:<=>?@[]^_`{|}~a1z9",
    links: [["/foo", { param: "!#$%&'()*+-.:<=>?@[]^_`{|}~a1z9" }]],
    writes: true,
  },
];
