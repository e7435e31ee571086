/** Reads the many shapes in which Azure says what went wrong. */

export interface Complaint {
  readonly code: string
  readonly message: string
  /** What it is about: an ARM id, or a part of the request. */
  readonly target?: string
}

export interface ErrorBody extends Complaint {
  /** What lies inside: details, and complaints packed as JSON text into a message. */
  readonly details: readonly Complaint[]
}

/** An answer that refuses, or the end of an operation that failed. */
export interface Refusal extends ErrorBody {
  /** HTTP status; 200 when an accepted operation failed later. */
  readonly status: number
  readonly retryAfterSeconds: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Accepts `{error:{…}}`, a bare `{code,message}`, `{"Error":{"Code",…}}`, `odata.error`, an
 * empty body and pages that are not JSON. What is missing comes back as an empty text.
 */
export function readErrorBody(text: string | undefined): ErrorBody {
  return complaintIn(parse(text)) ?? { code: '', message: '', details: [] }
}

/** The same, of what was parsed before. */
export function complaintIn(body: unknown): ErrorBody | undefined {
  if (!isFields(body)) return undefined
  const inner = body['error'] ?? body['Error'] ?? body['odata.error'] ?? body
  if (typeof inner === 'string')
    return { code: inner, message: textOf(body['error_description'] ?? body['message']), details: [] }
  if (!isFields(inner)) return undefined

  const own = complaintOf(inner)
  const listed = inner['details'] ?? inner['Details']
  const details = (Array.isArray(listed) ? listed : []).filter(isFields).flatMap(unpack)
  const packed = packedIn(own.message)
  return { ...own, details: packed ? [...details, packed, ...packed.details] : details }
}

function unpack(detail: Fields): Complaint[] {
  const target = textOf(detail['target'] ?? detail['Target'])
  const own = { ...complaintOf(detail), ...(target && { target }) }
  const packed = packedIn(own.message)
  return packed ? [{ ...packed, target }, ...packed.details, own] : [own]
}

/** A message may itself be JSON that holds the true cause. */
function packedIn(message: string): ErrorBody | undefined {
  const packed = message.startsWith('{') ? complaintIn(parse(message)) : undefined
  return packed?.code ? packed : undefined
}

function complaintOf(fields: Fields): Complaint {
  return {
    code: textOf(fields['code'] ?? fields['Code']),
    message: textOf(fields['message'] ?? fields['Message']),
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return isFields(value) ? textOf(value['value']) : ''
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    // Gateways answer with HTML, and some answers are empty: there is nothing to read then.
    return undefined
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
