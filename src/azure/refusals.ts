/**
 * From what Azure says to what azlin says. A code comes first; where Azure uses one code for many
 * things (OperationNotAllowed has five meanings) its wording decides.
 */
import { AzlinError, type DetailsOf, type ErrorCode } from '../core/errors.js'
import type { Task } from './call.js'
import type { Complaint, Refusal } from './error-body.js'
import { isBusy } from './policies/retry-rules.js'
import { redact } from './redact.js'

type Verdict = AzlinError | undefined
type Make = <C extends ErrorCode>(code: C, details: DetailsOf<C>) => AzlinError

interface Case extends Complaint {
  readonly task: Task
  readonly make: Make
  readonly status: number
  readonly retryAfterSeconds: number | undefined
}

/** 404 also means that nothing of the kind can be there at all, which is no answer to what was asked. */
const senseless = /^(SubscriptionNotFound|InvalidResourceType|InvalidResourceNamespace|NoRegisteredProviderFound)$/i

/** Whether Azure looked for the thing, and it (or its group) is not there. */
export function saysMissing(refusal: Refusal | undefined): boolean {
  return refusal?.status === 404 && !senseless.test(refusal.code)
}

export function refused(task: Task, refusal: Refusal, cause: ErrorOptions): AzlinError {
  const make: Make = (code, details) => new AzlinError(code, details, cause)
  const { status, retryAfterSeconds } = refusal
  if (status === 429 && !isBusy(refusal.code))
    return make('THROTTLED', { what: task.doing, seconds: retryAfterSeconds ?? 0 })

  // The outer complaint is often only a wrapper; the first one that means something decides.
  for (const { code, message, target } of [refusal, ...refusal.details]) {
    const verdict = byCode({ code, message, task: withMember(task, target), make, status, retryAfterSeconds })
    if (verdict) return verdict
  }
  return byStatus({ ...refusal, task, make })
}

/** A group is not removed because of something in it: that is what a person must look at. */
function withMember(task: Task, target = ''): Task {
  const { name = '' } = /^\/subscriptions\/.+\/providers\/.+\/(?<name>[^/]+)$/i.exec(target)?.groups ?? {}
  if (name === '' || task.subject.toLowerCase().includes(name.toLowerCase())) return task
  const because = `(because of ${name})`
  return { ...task, doing: `${task.doing} ${because}`, subject: `${task.subject} ${because}` }
}

function byCode(one: Case): Verdict {
  const find = meanings.find(({ codes }) => codes.test(one.code))
  return find?.means(one)
}

const meanings: readonly { readonly codes: RegExp; readonly means: (one: Case) => Verdict }[] = [
  { codes: /^(OperationNotAllowed|Conflict|ConflictingUserInput|BadRequest|InvalidParameter)$/i, means: byWording },
  {
    codes: /^(TooManyRequests|SubscriptionRequestsThrottled)$/i,
    means: ({ make, task, retryAfterSeconds }) =>
      make('THROTTLED', { what: task.doing, seconds: retryAfterSeconds ?? 0 }),
  },
  {
    codes: /^ScopeLocked$/i,
    means: ({ make, task, message }) =>
      make('LOCKED', { what: task.doing, scope: /are locked:\s*'([^']+)'/i.exec(message)?.[1] ?? '' }),
  },
  {
    codes: /^(RequestDisallowedByPolicy|ResourceNotPermittedByDelegation)$/i,
    means: ({ make, task, message }) => make('POLICY_DENIED', { what: task.doing, reason: policyReason(message) }),
  },
  { codes: /^(AuthorizationFailed|LinkedAuthorizationFailed)$/i, means: forbidden },
  {
    codes:
      /^(InvalidAuthenticationToken|InvalidAuthenticationTokenTenant|ExpiredAuthenticationToken|AuthenticationFailed)$/i,
    means: ({ make, message }) => make('NOT_SIGNED_IN', { reason: redact(message) }),
  },
  {
    codes: /^MissingSubscriptionRegistration$/i,
    means: ({ make, message }) =>
      make('PROVIDER_NOT_REGISTERED', {
        provider: /namespace '([^']+)'/i.exec(message)?.[1] ?? 'Microsoft.Compute',
      }),
  },
  {
    codes: /^(SubscriptionNotFound|InvalidSubscriptionId)$/i,
    means: ({ make, message }) =>
      make('SUBSCRIPTION_NOT_FOUND', {
        subscription: /subscription (?:identifier )?'([^']+)'/i.exec(message)?.[1] ?? '',
      }),
  },
  {
    codes: /^ResourceGroupNotFound$/i,
    means: ({ make, task, message }) =>
      task.missing?.() ??
      make('RESOURCE_GROUP_NOT_FOUND', { resourceGroup: /group '([^']+)'/i.exec(message)?.[1] ?? '' }),
  },
  { codes: /^(ResourceNotFound|NotFound|ParentResourceNotFound)$/i, means: notFound },
  {
    codes: /^LocationNotAvailableFor(ResourceType|ResourceGroup)$/i,
    means: ({ make, message }) =>
      make('REGION_UNKNOWN', { region: /location '([^']+)'/i.exec(message)?.[1] ?? '', near: '' }),
  },
  {
    codes: /^QuotaExceeded$/i,
    means: ({ make, task, message }) => make('QUOTA_EXCEEDED', { what: task.doing, reason: redact(message) }),
  },
  {
    codes: /^(SkuNotAvailable|AllocationFailed|ZonalAllocationFailed|Overconstrained(Zonal)?AllocationRequest)$/i,
    means: ({ make, task, message }) => make('CAPACITY', { what: task.doing, reason: redact(message) }),
  },
  {
    codes:
      /^(PreconditionFailed|OperationPreempted|ConcurrentModification|AnotherOperationInProgress|AttachDiskWhileBeingDetached|ResourceGroupBeingDeleted|ReferencedResourceNotProvisioned|RetryableErrorDueToAnotherOperation|NicInUse|NicReservedForAnotherVm|PublicIPAddressCannotBeDeleted|InUseSubnetCannotBeDeleted|InUseNetworkSecurityGroupCannotBeDeleted)$/i,
    means: ({ make, task, message }) => make('CONFLICT', { what: task.subject, reason: redact(message) }),
  },
  {
    codes:
      /^(Internal(Execution|Operation|Server)?Error|OperationTimedOut|ServerTimeout|GatewayTimeout|ServiceUnavailable)$/i,
    means: ({ make, task, message, code }) =>
      make('AZURE_UNAVAILABLE', { what: task.doing, reason: redact(message) || code }),
  },
]

/** Codes that say little. Undefined when the wording says nothing either. */
function byWording({ code, message, task, make, retryAfterSeconds }: Case): Verdict {
  const what = task.doing
  const reason = redact(message)
  if (/too many requests/i.test(message)) return make('THROTTLED', { what, seconds: retryAfterSeconds ?? 0 })
  if (/shared access signature|EndGetAccess|active SAS/i.test(message)) return make('ACTIVE_SAS', { what })
  if (/incremental snapshot/i.test(message) && /limit|maximum|more than|too many|minutes|exceed/i.test(message))
    return make('SNAPSHOT_LIMIT', { what, reason })
  if (/quota/i.test(message)) return make('QUOTA_EXCEEDED', { what, reason })
  if (/\b(is|are) (currently )?attached to\b|already owned by/i.test(message)) return make('DISK_ATTACHED', { what })
  if (/deallocat|while the VM is running/i.test(message)) return make('VM_MUST_BE_DEALLOCATED', { what })
  if (/network ?access|private ?(link|end ?point)|disk ?access|data ?access ?auth/i.test(message))
    return make('READ_REFUSED', { what, reason })
  if (/^Conflict/i.test(code)) return make('CONFLICT', { what: task.subject, reason })
  return undefined
}

function byStatus({ status, code, message, task, make }: Refusal & { task: Task; make: Make }): AzlinError {
  const reason = redact(message) || (status < 400 ? `it leads to another place (${status})` : `it answered ${status}`)
  const what = task.doing
  if (status === 401) return make('NOT_SIGNED_IN', { reason })
  if (status === 403) return make('FORBIDDEN', { what, action: '', scope: '' })
  if (status === 404 && !senseless.test(code))
    return task.missing?.() ?? make('AZURE_NOT_FOUND', { what: task.subject })
  if (status === 407)
    return make('NETWORK', { what, host: 'Azure', reason: 'the proxy lets through only whom it knows (407)' })
  if (status === 412) return make('CONFLICT', { what: task.subject, reason })
  if (status === 408 || status >= 500) return make('AZURE_UNAVAILABLE', { what, reason })
  return make('AZURE_REJECTED', { what, code: redact(code), reason })
}

function forbidden({ make, task, message }: Case): Verdict {
  // A linked refusal names what the account may do first and what it may not do last.
  const last = (pattern: RegExp) => [...message.matchAll(pattern)].at(-1)?.[1] ?? ''
  return make('FORBIDDEN', {
    what: task.doing,
    action: last(/perform actions?(?:\(s\))? '([^']+)'/gi),
    scope: last(/scopes?(?:\(s\))? '([^']+)'/gi),
  })
}

function notFound({ make, task, message, status }: Case): Verdict {
  // Not what was asked for, but something that the request spoke of, as the source disk of a snapshot.
  const other = /Resource '[^']*?([^'/]+)\/([^'/]+)' under resource group '([^']+)'/i.exec(message)
  if (other && !task.subject.toLowerCase().includes((other[2] ?? '').toLowerCase()))
    return make('AZURE_NOT_FOUND', { what: `${other[1]} ${other[2]} in resource group ${other[3]}` })
  return status === 404 || status === 200
    ? (task.missing?.() ?? make('AZURE_NOT_FOUND', { what: task.subject }))
    : make('AZURE_NOT_FOUND', { what: redact(message) || task.subject })
}

/** The message ends in JSON that names the policies; their names are what a person can act on. */
function policyReason(message: string): string {
  const [said = ''] = message.split(/\s*Policy identifiers:/i)
  const names = [...message.matchAll(/"policyAssignment"\s*:\s*\{\s*"name"\s*:\s*"([^"]+)"/gi)].map((found) => found[1])
  return redact(names.length > 0 ? `${said} (${names.join(', ')})` : said)
}
