/** What is known of one call while it runs. Policies deep in the SDK's pipeline read and write it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { PipelineResponse } from '@azure/core-rest-pipeline'
import type { AzlinError } from '../core/errors.js'
import type { Refusal } from './error-body.js'

/** What azlin is doing, and with what, as a person would say it. */
export interface Task {
  /** As in `creating snapshot web-1-os`. */
  readonly doing: string
  /** As in `snapshot web-1-os in resource group prod`. */
  readonly subject: string
  /** What a 404 means here; by default it is AZURE_NOT_FOUND or RESOURCE_GROUP_NOT_FOUND. */
  readonly missing?: () => AzlinError
}

export interface Call {
  /** The caller's signal and the deadline of this call. */
  readonly signal: AbortSignal
  /** The call starts something that goes on in Azure after the first answer. */
  readonly operation: boolean
  /** It has been accepted; what is sent now only asks how far it is. */
  polling: boolean
  /** What the last request was answered, if that was a refusal. */
  refusal: Refusal | undefined
  /** How the operation failed, in Azure's own words. The SDK keeps only a text of it. */
  failure: Refusal | undefined
  /** What the operation gave as its output, beside the word that it succeeded. */
  output: unknown
  /** The last change was sent a second time, and nobody knows whether the first one took effect. */
  resent: boolean
  /** What the last answer asked to wait. */
  retryAfterMs: number | undefined
  /** URLs that Azure gave for asking after the operation. They are signed, and go back unchanged. */
  readonly statusUrls: string[]
  /** It was accepted, and nothing was given by which to ask after it. */
  adrift: boolean
  /** Path of the last change that was sent, and of the last thing that was read with success. */
  changed: string | undefined
  read: string | undefined
  /** Of a list: the page after the one that was read last, which has been asked for. */
  nextPage: { readonly url: string; readonly response: Promise<PipelineResponse> } | undefined
  /** URLs of the pages of that list so far. */
  readonly pages: Set<string>
}

/** Before anything of it was sent. */
export function newCall({ signal, operation }: Pick<Call, 'signal' | 'operation'>): Call {
  return {
    signal,
    operation,
    polling: false,
    refusal: undefined,
    failure: undefined,
    output: undefined,
    resent: false,
    retryAfterMs: undefined,
    statusUrls: [],
    adrift: false,
    changed: undefined,
    read: undefined,
    nextPage: undefined,
    pages: new Set(),
  }
}

export const currentCall = new AsyncLocalStorage<Call>()
