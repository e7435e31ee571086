/** Drills as the test cases of a pipeline. */
import type { Drill, DrillItem } from '../core/domain/drill.js'
import type { VmRef } from '../core/domain/machine.js'
import type { AzlinError } from '../core/errors.js'
import type { TestCase } from './junit.js'

export function drillCase(drill: Drill): TestCase {
  const { vm, outcome, errorMessage, errorCode, rtoSeconds, testRegion, startedAt, completedAt } = drill
  const message = errorMessage ?? `the drill is ${outcome}`
  return {
    className: classOf(vm.resourceGroup),
    name: `${vm.name} comes up in ${testRegion}`,
    beganAt: startedAt,
    seconds: completedAt === undefined ? 0 : Math.max(0, (+completedAt - +startedAt) / 1000),
    ...(outcome !== 'succeeded' && {
      problem: { kind: outcome === 'failed' ? 'failure' : 'error', message, type: errorCode ?? outcome },
    }),
    output: [
      ...drill.phases.map(({ phase, seconds, outcome: ended, note }) => {
        const said = note ? ` (${note})` : ''
        return `${phase}: ${ended} in ${seconds.toFixed(1)} s${said}`
      }),
      ...drill.notes,
      ...drill.bootLog,
    ],
    properties: {
      testId: String(drill.id),
      backup: drill.backup,
      ...(rtoSeconds !== undefined && { rtoSeconds: rtoSeconds.toFixed(1) }),
    },
  }
}

/** A drill that could not even begin. */
export function refusedCase({ name, resourceGroup }: VmRef, { code, message, hint }: AzlinError): TestCase {
  return {
    className: classOf(resourceGroup),
    name: `${name} can be drilled`,
    beganAt: undefined,
    seconds: 0,
    problem: { kind: 'error', message: `${message} ${hint}`, type: code },
    output: [],
    properties: {},
  }
}

export function itemCases(items: readonly DrillItem[]): TestCase[] {
  return items.flatMap(({ vm, drill, error }) => (drill ? [drillCase(drill)] : error ? [refusedCase(vm, error)] : []))
}

/** Pipelines group by dots. */
const classOf = (resourceGroup: string) => `azlin.dr.${resourceGroup.replaceAll('.', '_')}`
