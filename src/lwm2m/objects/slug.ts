/**
 * The name of an object or resource as mapping files spell it: the registry's name, trimmed, lower-case, white space as
 * `_`; every other character stays ("On/Off" is `on/off`, "3-phase Active Power" is `3-phase_active_power`).
 */
export function slug(name: string): string {
  return name.trim().toLowerCase().replace(/\s/g, "_");
}
