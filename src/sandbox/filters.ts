import { ArmError } from './errors.js'
import type { Resource } from './resource.js'

/** A `$filter` of the resource and group lists: comparisons of one property each, joined by `and`. */
export function matchesFilter(filter: string | undefined): (resource: Resource) => boolean {
  if (filter === undefined || filter.trim() === '') return () => true
  const wanted = new Map<string, string>()
  for (const part of filter.split(/\s+and\s+(?=[a-zA-Z]+\s+eq\s+')/i)) {
    const match = /^\s*\(?\s*([a-zA-Z]+)\s+eq\s+'((?:[^']|'')*)'\s*\)?\s*$/.exec(part)
    if (!match) throw new ArmError(400, 'InvalidFilterInQueryString', `The filter '${filter}' is invalid.`)
    wanted.set((match[1] ?? '').toLowerCase(), (match[2] ?? '').replaceAll("''", "'"))
  }
  for (const name of wanted.keys()) {
    if (!(name in tests)) {
      throw new ArmError(400, 'InvalidFilterInQueryString', `The filter names '${name}', which is not supported.`)
    }
  }
  return (resource) => [...wanted].every(([name, value]) => tests[name]?.(resource, value, wanted))
}

type Test = (resource: Resource, value: string, all: ReadonlyMap<string, string>) => boolean

const tests: Readonly<Record<string, Test>> = {
  resourcetype: ({ type }, value) => type.toLowerCase() === value.toLowerCase(),
  name: ({ name }, value) => name.toLowerCase() === value.toLowerCase(),
  location: ({ location }, value) => location === value.toLowerCase().replaceAll(' ', ''),
  resourcegroup: ({ id }, value) => id.toLowerCase().split('/')[4] === value.toLowerCase(),
  tagname: ({ tags }, name, all) => {
    const tag = Object.entries(tags ?? {}).find(([known]) => known.toLowerCase() === name.toLowerCase())
    return tag !== undefined && (all.get('tagvalue') ?? tag[1]) === tag[1]
  },
  // Only beside `tagname`, which looks at it.
  tagvalue: (_resource, _value, all) => all.has('tagname'),
}
