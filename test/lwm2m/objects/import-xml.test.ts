import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ConfigError, problemText } from "../../../src/errors.ts";
import { importXml } from "../../../src/lwm2m/objects/import-xml.ts";

const FILE = "meter.xml";
const ITEM = `<Item ID="1">
  <Name>Active &amp; Reactive</Name>
  <Operations>RW</Operations>
  <MultipleInstances>Multiple</MultipleInstances>
  <Mandatory>Mandatory</Mandatory>
  <Type>Unsigned Integer</Type>
  <RangeEnumeration>0..100</RangeEnumeration>
  <Units><![CDATA[ W ]]></Units>
  <Description>A resource, with an <b>odd</b> text.</Description>
</Item>`;
const EXECUTABLE = `<Item ID="2">
  <Name>Reset</Name><Operations>E</Operations><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>
  <Type></Type><RangeEnumeration></RangeEnumeration><Units></Units><Description/>
</Item>`;

function objectXml(items: string, head = "<ObjectVersion>1.3</ObjectVersion>"): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="LWM2M-v1_1.xsd">
<Object ObjectType="MODefinition">
<Name>My Meter</Name>
<Description1><![CDATA[What it <is>.]]></Description1>
<ObjectID>26241</ObjectID>
<ObjectURN>urn:oma:lwm2m:x:26241:1.3</ObjectURN>
<LWM2MVersion>1.0</LWM2MVersion>
${head}
<MultipleInstances>Multiple</MultipleInstances>
<Mandatory>Optional</Mandatory>
<Resources>
${items}
</Resources>
<Description2/>
</Object>
</LWM2M>`;
}

test("an object definition is read with its resources", () => {
  const [definition, ...more] = importXml(objectXml(ITEM + EXECUTABLE), FILE);
  assert.deepEqual(more, []);
  assert.deepEqual(definition, {
    id: 26241,
    name: "My Meter",
    version: "1.3",
    multiple: true,
    mandatory: false,
    resources: new Map([
      [
        1,
        {
          id: 1,
          name: "Active & Reactive",
          operations: "RW",
          multiple: true,
          mandatory: true,
          type: "unsigned",
          range: "0..100",
          unit: "W",
        },
      ],
      [2, { id: 2, name: "Reset", operations: "E", multiple: false, mandatory: false, type: undefined }],
    ]),
  });
});

test("without a version the object is 1.0, and it may have no resources", () => {
  assert.equal(importXml(objectXml(ITEM, ""), FILE)[0]?.version, "1.0");
  const bare = objectXml("").replace(/<Resources>\s*<\/Resources>/, "<Resources/>");
  assert.equal(importXml(bare, FILE)[0]?.resources.size, 0);
  assert.equal(importXml(objectXml(""), FILE)[0]?.resources.size, 0);
});

test("several objects in one file are all read", () => {
  const one = objectXml(ITEM);
  const object = one.slice(one.indexOf("<Object "), one.indexOf("</LWM2M>"));
  const two = one.replace("</LWM2M>", `${object.replace("26241", "26242")}</LWM2M>`);
  assert.deepEqual(
    importXml(two, FILE).map(({ id }) => id),
    [26241, 26242],
  );
});

test("runs of white space in a name are one space", () => {
  const xml = objectXml(ITEM.replace("Active &amp; Reactive", "LWM2M  Server\n URI"));
  assert.equal(importXml(xml, FILE)[0]?.resources.get(1)?.name, "LWM2M Server URI");
});

test("a file may begin with a byte order mark", () => {
  assert.equal(importXml(`\uFEFF${objectXml(ITEM)}`, FILE)[0]?.id, 26241);
});

test("character references stand for their characters", () => {
  const xml = objectXml(ITEM.replace("<![CDATA[ W ]]>", "&#176;C &#xB5; &lt;"));
  assert.equal(importXml(xml, FILE)[0]?.resources.get(1)?.unit, "°C µ <");
});

test("every problem is told at once, with the line of its element and what was expected", () => {
  const wrong = ITEM.replace(">RW<", ">READ<").replace("Unsigned Integer", "Word").replace(">Mandatory<", ">Yes<");
  assert.deepEqual(
    problems(objectXml(`${wrong}\n${ITEM.replace('ID="1"', 'ID="70000"')}`, "<ObjectVersion>one</ObjectVersion>")),
    [
      'meter.xml:4:1: error: <ObjectVersion> is "one": expected a version like 1.0',
      'meter.xml:14:1: error: <Operations> is "READ": expected R, W, RW, E or nothing',
      'meter.xml:14:1: error: <Mandatory> is "Yes": expected Mandatory or Optional',
      'meter.xml:24:1: error: ID of <Item ID="…"> is "70000": expected 0 to 65534',
    ],
  );
});

test("an unknown type is refused with the types that there are", () => {
  assert.deepEqual(problems(objectXml(ITEM.replace("Unsigned Integer", "constructor"))), [
    'meter.xml:14:1: error: <Type> is "constructor": expected String, Integer, Unsigned Integer, Float, Boolean, Opaque, Time, Objlnk or Corelnk',
  ]);
});

test("what is missing, or there twice, is named", () => {
  assert.deepEqual(problems(objectXml(ITEM.replace(/<Name>.*<\/Name>/, ""))), [
    "meter.xml:14:1: error: <Name> is missing or empty",
  ]);
  assert.deepEqual(problems(objectXml(ITEM.replace("</Name>", "</Name><Name>B</Name>"))), [
    "meter.xml:14:1: error: <Name> must stand once and hold text",
  ]);
  assert.deepEqual(problems(objectXml(ITEM + ITEM)), ["meter.xml:23:8: error: resource 1 is defined twice"]);
  assert.deepEqual(problems(objectXml(ITEM).replace(/<Resources>[\s\S]*<\/Resources>/, "")), [
    "meter.xml:4:1: error: expected an element <Resources>",
  ]);
  assert.deepEqual(problems(objectXml(ITEM).replace("<ObjectID>26241</ObjectID>", "")), [
    "meter.xml:4:1: error: ObjectID is missing: expected 0 to 65534",
  ]);
});

test("what is no definition is refused", () => {
  assert.deepEqual(problems("<Object/>"), ["meter.xml:1:1: error: expected <LWM2M> with an <Object>"]);
  assert.deepEqual(problems("<LWM2M>text</LWM2M>"), ["meter.xml:1:1: error: expected <LWM2M> with an <Object>"]);
  assert.match(problems("")[0] ?? "", /not well-formed XML/);
  assert.match(problems("<LWM2M>\n<Object>\n</LWM2M>")[0] ?? "", /^meter.xml:3:1: error: not well-formed XML/);
});

test("a document type is refused before anything in it is expanded", () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n';
  assert.deepEqual(problems(bomb + objectXml(ITEM)), ["meter.xml:1:1: error: a DOCTYPE is not allowed"]);
  assert.deepEqual(problems(objectXml(ITEM.replace("Active &amp; Reactive", "&undefined;"))).length, 0);
});

test("any text is read, or refused with ConfigError", () => {
  const whole = objectXml(ITEM + EXECUTABLE);
  const piece = fc.constantFrom(
    "<",
    ">",
    "/",
    "&",
    ";",
    '"',
    "<Item ID=",
    "</Item>",
    "<![CDATA[",
    "__proto__",
    "<__proto__>",
    "\0",
    "é",
  );
  const damaged = fc
    .array(
      fc.record({ at: fc.nat(whole.length), cut: fc.nat(30), insert: fc.oneof(piece, fc.string({ maxLength: 5 })) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((wounds) =>
      wounds.reduce((xml, { at, cut, insert }) => xml.slice(0, at) + insert + xml.slice(at + cut), whole),
    );
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      orderly,
    ),
    { numRuns: 300 },
  );
  orderly("<a>".repeat(20_000));
  orderly(`<LWM2M>${"<Object>".repeat(5000)}${"</Object>".repeat(5000)}</LWM2M>`);
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
});

function problems(xml: string): readonly string[] {
  try {
    importXml(xml, FILE);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(problemText);
  }
}

function orderly(xml: string): void {
  problems(xml);
}
