/** Plain data as a Lua literal. */
export type LuaValue = string | number | boolean | readonly LuaValue[] | { readonly [key: string]: LuaValue };

function literal(value: LuaValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `{${value.map(literal).join(',')}}`;
  return `{${Object.entries(value)
    .map(([key, item]) => `[${JSON.stringify(key)}]=${literal(item)}`)
    .join(',')}}`;
}

export const constants = (values: Readonly<Record<string, LuaValue>>): string =>
  Object.entries(values)
    .map(([name, value]) => `local ${name} = ${literal(value)}`)
    .join('\n');
