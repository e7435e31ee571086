/** Tags: Azure's limits, and the tags API at any scope. */
import { ArmError } from './errors.js'
import { isObject, type Json, objectAt, textAt } from './network/json.js'
import type { Resource } from './resource.js'
import type { Answer, Call } from './routes.js'

export type Tags = Record<string, string>

const most = 50
const longestName = 512
const longestValue = 256
const forbidden = /[<>%&\\?/]/
const reserved = /^(microsoft|azure|windows)/i

/** The tags of a request body, checked; undefined when it has none. */
export function tagsOf(body: Json): Tags | undefined {
  const sent = body['tags']
  if (sent === undefined || sent === null) return undefined
  if (!isObject(sent)) throw new ArmError(400, 'InvalidRequestContent', 'The tags of the request are no object.')
  const tags: Tags = {}
  for (const [name, value] of Object.entries(sent)) tags[name] = value === null ? '' : String(value)
  return checkTags(tags)
}

export function checkTags(tags: Tags): Tags {
  const names = Object.keys(tags)
  if (names.length > most) {
    throw new ArmError(
      400,
      'InvalidTagCount',
      `The number of tags '${names.length}' specified for the resource exceeds the limit of '${most}'.`,
    )
  }
  const twice = names.find((name, index) => names.findIndex((other) => alike(other, name)) !== index)
  if (twice !== undefined) throw new ArmError(400, 'DuplicateTagName', `The tag name '${twice}' was given twice.`)
  for (const [name, value] of Object.entries(tags)) checkTag(name, value)
  return tags
}

function checkTag(name: string, value: string): void {
  if (name === '') throw new ArmError(400, 'InvalidTagName', 'The tag name must not be empty.')
  if (name.length > longestName) {
    throw new ArmError(
      400,
      'InvalidTagNameLength',
      `Tag name too large. Following tag name '${name}' exceeded the maximum length. Maximum allowed length for tag name - '${longestName}' characters.`,
    )
  }
  if (forbidden.test(name)) {
    throw new ArmError(
      400,
      'InvalidTagNameCharacters',
      `The tag names '${name}' have reserved characters '<,>,%,&,\\,?,/' or control characters.`,
    )
  }
  if (reserved.test(name)) {
    throw new ArmError(
      400,
      'ReservedTagName',
      `Tag name cannot be 'microsoft', 'azure', 'windows' or begin with them: '${name}'.`,
    )
  }
  if (value.length > longestValue) {
    throw new ArmError(
      400,
      'InvalidTagValueLength',
      `Tag value too large. Following tag value '${value}' exceeded the maximum length. Maximum allowed length for tag value - '${longestValue}' characters.`,
    )
  }
}

/** Puts or takes tags as the tags API does: names compare without case and keep the case they were first written in. */
export function changedTags(before: Tags, operation: string, sent: Tags): Tags {
  if (operation === 'Replace') return { ...sent }
  const after = { ...before }
  for (const [name, value] of Object.entries(sent)) {
    const known = Object.keys(after).find((other) => alike(other, name)) ?? name
    if (operation === 'Merge') after[known] = value
    else if (after[known] === value) delete after[known]
  }
  return after
}

/** Answers `…/providers/Microsoft.Resources/tags/default` at a resource or group. */
export function answerTags(scope: Resource, { method, body }: Call, changed: () => void): Answer {
  const sent = tagsOf({ tags: objectAt(body, 'properties')['tags'] }) ?? {}
  if (method === 'PUT') scope.tags = sent
  if (method === 'PATCH') {
    const operation = textAt(body, 'operation') ?? ''
    if (!['Merge', 'Replace', 'Delete'].includes(operation)) {
      throw new ArmError(400, 'InvalidTagsOperation', `The tags operation '${operation}' is not supported.`)
    }
    scope.tags = checkTags(changedTags(scope.tags ?? {}, operation, sent))
  }
  if (method === 'DELETE') scope.tags = {}
  if (method !== 'GET') changed()
  if (method === 'DELETE') return { status: 200 }
  const id = `${scope.id}/providers/Microsoft.Resources/tags/default`
  const shown = { id, name: 'default', type: 'Microsoft.Resources/tags', properties: { tags: scope.tags ?? {} } }
  return { status: 200, body: shown }
}

function alike(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
