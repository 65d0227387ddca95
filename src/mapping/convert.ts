import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { Conversion, ConversionSpec } from "./conversion-types.ts";

export declare function makeConversion(spec: ConversionSpec, resource: ResourceDefinition): Conversion;
