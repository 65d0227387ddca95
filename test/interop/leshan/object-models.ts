/** The definitions that Leshan is given: those beside this file, and IPSO objects, which its libraries do not bring along. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ObjectDefinition, ResourceDefinition } from "../../../src/lwm2m/objects/definition.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { TYPE_NAMES } from "../../../src/mapping/lwm2m-type.ts";
import type { Lifetime } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

/** Of the mappings that the tests use, every version: as the OMA registry has them. */
const IPSO = [3301, 3303, 3304, 3305, 3306, 3311, 3342];

/** A folder of OMA's XML, one file for each version of an object. */
export function modelFolder(owner: Lifetime): string {
  const folder = temporaryDirectory(owner);
  cpSync(fileURLToPath(new URL("models", import.meta.url)), folder, { recursive: true });
  for (const id of IPSO) {
    for (const version of catalogue.versions(id)) {
      const definition = catalogue.find(id, version);
      if (definition !== undefined) writeFileSync(join(folder, `${id}-${version}.xml`), xmlOf(definition));
    }
  }
  return folder;
}

function xmlOf({ id, name, version, multiple, mandatory, resources }: ObjectDefinition): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:noNamespaceSchemaLocation="http://openmobilealliance.org/tech/profiles/LWM2M-v1_1.xsd">
  <Object ObjectType="MODefinition">
    <Name>${name}</Name>
    <Description1/>
    <ObjectID>${id}</ObjectID>
    <ObjectURN>urn:oma:lwm2m:ext:${id}${version === "1.0" ? "" : `:${version}`}</ObjectURN>
    <LWM2MVersion>1.1</LWM2MVersion>
    <ObjectVersion>${version}</ObjectVersion>
    ${flags(multiple, mandatory)}
    <Resources>${[...resources.values()].map(itemOf).join("")}</Resources>
    <Description2/>
  </Object>
</LWM2M>
`;
}

function itemOf({ id, name, operations, multiple, mandatory, type }: ResourceDefinition): string {
  return `
      <Item ID="${id}">
        <Name>${name}</Name><Operations>${operations}</Operations>${flags(multiple, mandatory)}
        <Type>${type === undefined ? "" : TYPE_NAMES[type]}</Type><RangeEnumeration/><Units/><Description>-</Description>
      </Item>`;
}

function flags(multiple: boolean, mandatory: boolean): string {
  const [instances, presence] = [multiple ? "Multiple" : "Single", mandatory ? "Mandatory" : "Optional"];
  return `<MultipleInstances>${instances}</MultipleInstances><Mandatory>${presence}</Mandatory>`;
}
