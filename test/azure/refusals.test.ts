import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { readErrorBody } from '../../src/azure/error-body.js'
import { refused } from '../../src/azure/refusals.js'
import type { ErrorCode } from '../../src/core/errors.js'

const task = { doing: 'removing disk d1', subject: 'disk d1 in resource group rg' }

function told(status: number, body: unknown, retryAfterSeconds?: number) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return refused(task, { ...readErrorBody(text), status, retryAfterSeconds }, {})
}

const error = (code: string, message: string, more = {}) => ({ error: { code, message, ...more } })

describe('what Azure refuses', () => {
  it.each<[string, number, unknown, ErrorCode]>([
    [
      'a quota',
      409,
      error('OperationNotAllowed', 'results in exceeding approved standardDASv5Family Cores quota.'),
      'QUOTA_EXCEEDED',
    ],
    [
      'an attached disk',
      409,
      error('OperationNotAllowed', 'Disk d1 is attached to VM /subscriptions/x/vm1.'),
      'DISK_ATTACHED',
    ],
    [
      'a disk of another VM',
      409,
      error('ConflictingUserInput', "Disk 'd1' cannot be attached as the disk is already owned by VM 'x'."),
      'DISK_ATTACHED',
    ],
    [
      'an access link',
      409,
      error(
        'OperationNotAllowed',
        'There is an active shared access signature outstanding for disk d1. Call EndGetAccess before attaching or deleting the disk.',
      ),
      'ACTIVE_SAS',
    ],
    [
      'a running VM',
      409,
      error(
        'OperationNotAllowed',
        'Updating x of VM y is not allowed while the VM is running. Please stop/deallocate the VM.',
      ),
      'VM_MUST_BE_DEALLOCATED',
    ],
    [
      'a region that is none',
      400,
      error(
        'LocationNotAvailableForResourceType',
        "The provided location 'mars' is not available for resource type 'Microsoft.Compute/snapshots'.",
      ),
      'REGION_UNKNOWN',
    ],
    [
      'throttling under the same code',
      429,
      { code: 'OperationNotAllowed', message: 'too many requests have been received' },
      'THROTTLED',
    ],
    [
      'another change under way, which is no throttling',
      429,
      error('RetryableErrorDueToAnotherOperation', 'Another operation on this or a dependent resource is in progress.'),
      'CONFLICT',
    ],
    [
      'throttling without its status',
      409,
      error('OperationNotAllowed', 'The server rejected the request because too many requests have been received.'),
      'THROTTLED',
    ],
    [
      'the rate of snapshots',
      409,
      error('OperationNotAllowed', 'Exceeded the limit of 7 incremental snapshots in 5 minutes.'),
      'SNAPSHOT_LIMIT',
    ],
    [
      'a disk in use by a running VM',
      409,
      error('Conflict', 'Access not permitted because disk d1 is currently attached to running VM x'),
      'DISK_ATTACHED',
    ],
    [
      'two writers',
      409,
      error('Conflict', 'The request failed due to conflict with a concurrent request.'),
      'CONFLICT',
    ],
    ['a stale etag', 412, error('PreconditionFailed', 'Etag provided in if-match header does not match.'), 'CONFLICT'],
    ['an unexplained code', 409, error('OperationNotAllowed', 'Something new.'), 'AZURE_REJECTED'],
    ['a property that cannot change', 409, error('PropertyChangeNotAllowed', 'no'), 'AZURE_REJECTED'],
    ['no capacity', 409, error('SkuNotAvailable', 'not available in location'), 'CAPACITY'],
    ['no capacity at the start', 200, error('ZonalAllocationFailed', 'no room'), 'CAPACITY'],
    [
      'an error inside Azure',
      200,
      error('InternalExecutionError', 'An internal execution error occurred.'),
      'AZURE_UNAVAILABLE',
    ],
    ['the same in fewer words', 200, error('InternalError', 'Something failed.'), 'AZURE_UNAVAILABLE'],
    ['an operation that took too long in Azure', 200, error('OperationTimedOut', 'no'), 'AZURE_UNAVAILABLE'],
    ['a proxy that wants a password', 407, '', 'NETWORK'],
    ['a page that is not JSON', 502, '<html>Bad gateway</html>', 'AZURE_UNAVAILABLE'],
    ['an empty answer', 500, '', 'AZURE_UNAVAILABLE'],
    [
      'a subscription',
      404,
      error('SubscriptionNotFound', "The subscription '11111111-2222' could not be found."),
      'SUBSCRIPTION_NOT_FOUND',
    ],
    ['a token', 401, error('ExpiredAuthenticationToken', 'The access token expiry is in the past.'), 'NOT_SIGNED_IN'],
    ['a kind of resource that it does not know', 404, error('InvalidResourceType', 'no such type'), 'AZURE_REJECTED'],
    ['a subnet', 404, error('NotFound', 'Resource /x not found.'), 'AZURE_NOT_FOUND'],
    ['an interface in use', 400, error('NicInUse', 'is used by existing VM'), 'CONFLICT'],
  ])('tells %s for what it is', (_, status, body, code) => {
    expect(told(status, body)).toMatchObject({ code })
  })

  it('carries on how long a limit on requests lasts', () => {
    const sample = {
      code: 'OperationNotAllowed',
      message: 'The server rejected the request because too many requests have been received for this subscription.',
      details: [{ code: 'TooManyRequests', target: 'HighCostGet', message: '{"operationGroup":"HighCostGet"}' }],
    }
    expect(told(429, sample, 1200).details).toMatchObject({ seconds: 1200 })
  })

  it('names the locked scope', () => {
    const message =
      "The scope '/a/b' cannot perform delete operation because following scope(s) are locked: '/A/lock'. Please remove."
    expect(told(409, error('ScopeLocked', message)).details).toEqual({ what: 'removing disk d1', scope: '/A/lock' })
  })

  it('names the action and the scope that were not allowed', () => {
    const message =
      "The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.Compute/disks/delete' over scope '/s/d1' or the scope is invalid."
    expect(told(403, error('AuthorizationFailed', message))).toMatchObject({
      code: 'FORBIDDEN',
      details: { action: 'Microsoft.Compute/disks/delete', scope: '/s/d1' },
    })
  })

  it('names the action on the linked scope, which is the one that is missing', () => {
    const message =
      "The client has permission to perform action 'Microsoft.Compute/snapshots/write' on scope '/s/snap'; however, it does not have permission to perform action(s) 'Microsoft.Compute/disks/beginGetAccess/action' on the linked scope(s) '/s/os'."
    expect(told(403, error('LinkedAuthorizationFailed', message)).details).toMatchObject({
      action: 'Microsoft.Compute/disks/beginGetAccess/action',
      scope: '/s/os',
    })
  })

  it('names the policies and not their whole definition', () => {
    const message = `Resource 'd1' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"Allowed regions","id":"/x"},"policyDefinition":{"name":"y"}}]'.`
    const said = told(403, error('RequestDisallowedByPolicy', message))
    expect(said.message).toContain('Allowed regions')
    expect(said.message).not.toContain('policyDefinition')
  })

  it('finds the true cause of a group that could not be deleted, as text inside a text', () => {
    const inner = JSON.stringify(
      error('OperationNotAllowed', 'There is an active shared access signature outstanding for disk x.'),
    )
    const body = {
      Error: {
        Code: 'ResourceGroupDeletionBlocked',
        Message: 'Deletion failed.',
        Details: [{ Target: '/x', Message: inner }],
      },
    }
    expect(told(409, body)).toMatchObject({ code: 'ACTIVE_SAS' })
  })

  it('names the thing that is missing when it is not the one that was asked for', () => {
    const message =
      "The Resource 'Microsoft.Compute/disks/os-9' under resource group 'other' was not found. For more details"
    expect(told(404, error('ResourceNotFound', message)).message).toBe(
      'Azure has no disks os-9 in resource group other.',
    )
  })

  it('understands every refusal that was recorded', () => {
    const folder = '../shared/azure-recordings'
    if (!existsSync(folder)) return console.info('skipped: no recordings here')
    const codes = readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .flatMap(
        (file) =>
          JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { response: { status: number; body: unknown } }[],
      )
      .filter(({ response }) => response.status >= 400)
      .map(({ response }) => told(response.status, response.body).code)
    expect(codes.length).toBeGreaterThan(10)
    expect(new Set(codes)).toEqual(
      new Set([
        'AZURE_NOT_FOUND',
        'CONFLICT',
        'RESOURCE_GROUP_NOT_FOUND',
        'VM_MUST_BE_DEALLOCATED',
        'FORBIDDEN',
        'PROVIDER_NOT_REGISTERED',
      ]),
    )
  })
})
