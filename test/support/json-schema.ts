/** JSON Schema 2020-12, as much of it as our schemas use; any other keyword throws, so that nothing passes unread. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** What does not fit, each with its place: "/servers/0: required id"; empty where all fits. */
export function misfits(root: Schema, value: unknown): string[] {
  return check({ root, schema: root, at: "" }, value);
}

interface Here {
  readonly root: Schema;
  readonly schema: Schema;
  readonly at: string;
}

const SILENT = ["$schema", "$defs", "title", "description", "default"];

function check(here: Here, value: unknown): string[] {
  return Object.entries(here.schema).flatMap(([keyword, rule]) => {
    if (SILENT.includes(keyword)) return [];
    const judge = KEYWORDS[keyword];
    if (judge === undefined) throw new Error(`${here.at}: the keyword ${keyword} is not known here`);
    // Each judge takes the rule as its keyword has it.
    return judge(rule as never, value, here);
  });
}

type Judge = (rule: never, value: unknown, here: Here) => string[];

const KEYWORDS: Readonly<Record<string, Judge>> = {
  type: (rule: string | readonly string[], value, { at }) =>
    says(
      [rule].flat().some((type) => hasType(type, value)),
      at,
      `type ${[rule].flat().join(" or ")}`,
    ),
  enum: (rule: readonly unknown[], value, { at }) => says(rule.includes(value), at, `one of ${rule.join(", ")}`),
  const: (rule: unknown, value, { at }) => says(rule === value, at, `const ${rule}`),
  minimum: (rule: number, value, { at }) => says(typeof value !== "number" || value >= rule, at, `minimum ${rule}`),
  maximum: (rule: number, value, { at }) => says(typeof value !== "number" || value <= rule, at, `maximum ${rule}`),
  minLength: (rule: number, value, { at }) => says(lengthOf("string", value, rule) >= rule, at, `minLength ${rule}`),
  maxLength: (rule: number, value, { at }) => says(lengthOf("string", value, 0) <= rule, at, `maxLength ${rule}`),
  minItems: (rule: number, value, { at }) => says(lengthOf("array", value, rule) >= rule, at, `minItems ${rule}`),
  maxItems: (rule: number, value, { at }) => says(lengthOf("array", value, 0) <= rule, at, `maxItems ${rule}`),
  pattern: (rule: string, value, { at }) =>
    says(typeof value !== "string" || new RegExp(rule, "u").test(value), at, `pattern ${rule}`),
  required: (rule: readonly string[], value, { at }) =>
    isObject(value) ? rule.flatMap((key) => says(key in value, at, `required ${key}`)) : [],
  propertyNames: (rule: Schema, value, here) =>
    isObject(value) ? Object.keys(value).flatMap((key) => inside(here, rule, key, key)) : [],
  properties: (rule: Readonly<Record<string, Schema>>, value, here) =>
    entriesOf(value).flatMap(([key, item]) => (Object.hasOwn(rule, key) ? inside(here, rule[key], key, item) : [])),
  patternProperties: (rule: Readonly<Record<string, Schema>>, value, here) =>
    entriesOf(value).flatMap(([key, item]) =>
      Object.entries(rule).flatMap(([like, schema]) =>
        new RegExp(like).test(key) ? inside(here, schema, key, item) : [],
      ),
    ),
  additionalProperties: (rule: Schema | boolean, value, here) =>
    entriesOf(value).flatMap(([key, item]) => (isNamed(key, here.schema) ? [] : inside(here, rule, key, item))),
  prefixItems: (rule: readonly Schema[], value, here) =>
    rule.flatMap((schema, i) => (Array.isArray(value) && i < value.length ? inside(here, schema, i, value[i]) : [])),
  items: (rule: Schema | boolean, value, here) => {
    const { prefixItems = [] } = here.schema as { readonly prefixItems?: readonly Schema[] };
    const rest = Array.isArray(value) ? [...value.entries()].slice(prefixItems.length) : [];
    return rest.flatMap(([i, item]) => inside(here, rule, i, item));
  },
  allOf: (rule: readonly Schema[], value, here) => rule.flatMap((schema) => check({ ...here, schema }, value)),
  anyOf: (rule: readonly Schema[], value, here) =>
    says(
      rule.some((schema) => check({ ...here, schema }, value).length === 0),
      here.at,
      "none of anyOf",
    ),
  oneOf: (rule: readonly Schema[], value, here) =>
    says(rule.filter((schema) => check({ ...here, schema }, value).length === 0).length === 1, here.at, "oneOf"),
  $ref: (rule: string, value, here) => check({ ...here, schema: resolve(here.root, rule) }, value),
};

function says(fits: boolean, at: string, what: string): string[] {
  return fits ? [] : [`${at}: ${what}`];
}

function inside(
  { root, at }: Here,
  rule: Schema | boolean | undefined,
  key: string | number,
  value: unknown,
): string[] {
  if (rule === false) return [`${at}: unknown ${key}`];
  return typeof rule === "object" ? check({ root, schema: rule, at: `${at}/${key}` }, value) : [];
}

function isNamed(key: string, { properties = {}, patternProperties = {} }: Schema): boolean {
  return (
    Object.hasOwn(Object(properties), key) ||
    Object.keys(Object(patternProperties)).some((like) => new RegExp(like).test(key))
  );
}

function resolve(root: Schema, pointer: string): Schema {
  const found = pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), root);
  if (!isObject(found)) throw new Error(`${pointer} leads nowhere`);
  return found;
}

function hasType(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

function lengthOf(type: "string" | "array", value: unknown, otherwise: number): number {
  return hasType(type, value) ? (value as string | readonly unknown[]).length : otherwise;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
