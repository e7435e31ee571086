/**
 * Every failure azlin can explain, in one table.
 *
 * A code is an API: scripts match on it, so codes are added and never renamed.
 * The hint is the next thing to type or to ask for, not the message again.
 */
export interface Wording {
  readonly message: string
  readonly hint: string
  /** Another try, a little later, may help. */
  readonly retryable?: boolean
}

/** What Ctrl-C may stop, with what is then true of it. */
const afterStop = {
  question: 'Nothing was changed.',
  copies:
    'Copies that were begun go on in Azure: azlin backup replication-status <vm> shows how far. The same command goes on with the rest.',
  backup:
    'A backup that was not whole yet was removed, or is recorded for azlin cleanup; a whole one stays. Copies that were begun go on in Azure.',
  leaving: 'azlin left before all was in order: azlin cleanup does what is still to be done.',
  drill:
    'Temporary resources were removed, or are recorded for azlin cleanup. A copy that the drill had begun goes on in Azure, and stays.',
}
export type Stoppable = keyof typeof afterStop

const catalogue = {
  // What the user typed.
  INVALID_INPUT: (d: { what: string; value: string; why: string; example: string }) => ({
    message: `${d.what} ${JSON.stringify(d.value)} is not valid: ${d.why}.`,
    hint: `For example: ${d.example}`,
  }),
  USAGE: (d: { problem: string; command: string }) => ({
    message: d.problem,
    hint: `azlin ${d.command} --help shows what it takes.`.replace('  ', ' '),
  }),
  CONFIRMATION_NEEDED: (d: { action: string }) => ({
    message: `${d.action} needs your word, and there is no terminal to ask at.`,
    hint: 'Add --yes once you are sure.',
  }),
  DECLINED: (d: { action: string }) => ({
    message: `${d.action}: not done, as you answered no.`,
    hint: 'Nothing was changed.',
  }),
  SETTING_MISSING: (d: { setting: string; flag: string; env: string; key: string }) => ({
    message: `No ${d.setting} is set.`,
    hint: `Give ${d.flag}, set ${d.env}, or put ${d.key} = "…" into config.toml.`,
  }),
  CONFIG_UNREADABLE: (d: { file: string; reason: string }) => ({
    message: `The configuration file ${d.file} cannot be read: ${d.reason}`,
    hint: 'Mend the line, or move the file away.',
  }),
  PLAN_INVALID: (d: { file: string; problems: readonly string[] }) => ({
    message: `The plan ${d.file} cannot be run: ${d.problems.join('; ')}.`,
    hint: 'docs/drills.md shows a plan and what each of its keys means. Nothing was sent.',
  }),

  // Things that are not there, or not ready.
  VM_NOT_FOUND: (d: { vm: string; resourceGroup: string }) => ({
    message: `There is no VM ${d.vm} in resource group ${d.resourceGroup}.`,
    hint: 'Check the name, -g and --subscription.',
  }),
  RESOURCE_GROUP_NOT_FOUND: (d: { resourceGroup: string }) => ({
    message: `There is no resource group ${d.resourceGroup} in this subscription.`,
    hint: 'Check -g and --subscription.',
  }),
  SUBSCRIPTION_NOT_FOUND: (d: { subscription: string }) => ({
    message: `Subscription ${d.subscription} was not found, or this account cannot see it.`,
    hint: 'Check --subscription, and which account is signed in.',
  }),
  BACKUP_NOT_FOUND: (d: { backup: string; vm: string | undefined; region?: string | undefined }) => ({
    message: `There is no backup ${d.vm ? '' : 'named '}${d.backup}${d.vm ? ` of ${d.vm}` : ''}${d.region ? ` in ${d.region}` : ''}.`,
    hint: d.region
      ? `azlin backup replicate ${d.backup} --target-region ${d.region} copies it there; azlin backup list ${d.vm ?? '<vm>'} shows the backups there are, with --region those of a region.`
      : `azlin backup list ${d.vm ?? '<vm>'} shows the backups there are.`,
  }),
  NO_BACKUPS: (d: { vm: string; resourceGroup: string; region?: string | undefined }) => ({
    message: `${d.vm} in ${d.resourceGroup} has no backup${d.region ? ` in ${d.region}` : ''}.`,
    hint: d.region
      ? `azlin backup replicate-all ${d.vm} --target-region ${d.region} copies those of its own region, while that can be reached.`
      : `azlin backup trigger ${d.vm} takes one.`,
  }),
  NO_BACKUP_AT: (d: { vm: string; at: string }) => ({
    message: `${d.vm} has no complete backup from ${d.at} or before.`,
    hint: `azlin backup list ${d.vm} shows the backups there are.`,
  }),
  SNAPSHOT_NOT_FOUND: (d: { snapshot: string; resourceGroup: string }) => ({
    message: `There is no snapshot ${d.snapshot} in resource group ${d.resourceGroup}.`,
    hint: 'azlin snapshot list <vm> shows the snapshots of a VM.',
  }),
  BACKUP_NOT_CONFIGURED: (d: { vm: string }) => ({
    message: `${d.vm} has no backup schedule.`,
    hint: `azlin backup configure ${d.vm} gives it one.`,
  }),
  TIER_OFF: (d: { vm: string; tier: string }) => ({
    message: `${d.vm} keeps no ${d.tier} backups: the retention of that tier is 0.`,
    hint: `azlin backup configure ${d.vm} --${d.tier}-retention <number> switches it on.`,
  }),
  SNAPSHOTS_NOT_CONFIGURED: (d: { vm: string }) => ({
    message: `${d.vm} has no snapshot schedule.`,
    hint: `azlin snapshot enable ${d.vm} --every 24 gives it one.`,
  }),
  SCHEDULE_UNREADABLE: (d: { vm: string; tag: string }) => ({
    message: `The tag ${d.tag} of ${d.vm} holds no schedule that azlin can read.`,
    hint: 'Configure the schedule again to write a new one, or delete the tag.',
  }),
  BACKUP_INCOMPLETE: (d: { backup: string; why: string; waits?: boolean }) => ({
    message: `${d.backup} is not complete: ${d.why}.`,
    hint: `${d.waits ? 'Wait until all of it is there, or choose' : 'Choose'} another backup.`,
  }),
  NOT_A_SNAPSHOT: (d: { snapshot: string; backup: string }) => ({
    message: `${d.snapshot} belongs to backup ${d.backup}.`,
    hint: 'azlin backup restore puts a backup back; azlin backup cleanup lets expired ones go.',
  }),
  WRONG_VM: (d: { snapshot: string; vm: string; owner: string }) => ({
    message: `${d.snapshot} was taken of ${d.owner}, not of ${d.vm}.`,
    hint: 'Name the VM that it was taken of.',
  }),
  UNSUPPORTED_DISK: (d: { vm: string; why: string }) => ({
    message: `${d.vm} cannot be backed up: ${d.why}.`,
    hint: 'Azure can only snapshot managed disks that outlive a deallocation.',
  }),
  REGION_UNKNOWN: (d: { region: string; near: string }) => ({
    message: `${d.region} is not a region of this subscription.`,
    hint: d.near ? `Did you mean ${d.near}?` : 'Name a region such as westus2.',
  }),
  NOT_COPYABLE: (d: { backup: string; region: string; why: string; way: string }) => ({
    message: `${d.backup} cannot be copied to ${d.region}: ${d.why}.`,
    hint: d.way,
  }),
  AMBIGUOUS_BACKUP: (d: { backup: string; groups: readonly string[] }) => ({
    message: `More than one VM has a backup named ${d.backup}: its snapshots are in ${d.groups.join(', ')}.`,
    hint: 'Name the resource group with -g.',
  }),
  NOT_VERIFIABLE: (d: { backup: string; why: string; way: string }) => ({
    message: `${d.backup} cannot be verified: ${d.why}.`,
    hint: d.way,
  }),
  NAME_TAKEN: (d: { what: string; name: string }) => ({
    message: `There is already ${d.what} ${d.name}.`,
    hint: 'Choose another name.',
  }),

  // Work that cannot go on.
  BACKUP_IN_PROGRESS: (d: { vm: string; since: string }) => ({
    message: `A backup of ${d.vm} is already being taken (since ${d.since}).`,
    hint: 'Wait until it ends, then try again.',
  }),
  VERIFICATION_IN_PROGRESS: (d: { backup: string; since: string }) => ({
    message: `${d.backup} is already being verified on this machine (since ${d.since}).`,
    hint: 'Wait until that ends, then try again.',
  }),
  VM_BUSY: (d: { vm: string; what: string; since: string }) => ({
    message: `${d.what} of ${d.vm} is running on this machine (since ${d.since}).`,
    hint: 'Wait until it ends, then try again.',
  }),
  BACKUP_FAILED: (d: { vm: string; disk: string; reason: string }) => ({
    message: `The backup of ${d.vm} failed at disk ${d.disk}: ${d.reason}`,
    hint: 'What had been taken of it was removed, or is recorded for azlin cleanup. Mend the cause and run it again.',
  }),
  PREFLIGHT_FAILED: (d: { backup: string; problems: readonly string[]; mode: 'in-place' | 'beside' }) => ({
    message: `${d.backup} cannot be restored this way: ${d.problems.join('; ')}.`,
    hint: `Nothing was changed. ${d.mode === 'beside' ? 'Mend that and run it again.' : '--new-vm restores beside the VM instead of into it.'}`,
  }),
  RESTORE_ROLLED_BACK: (d: { vm: string; reason: string }) => ({
    message: `The restore of ${d.vm} failed and was undone; it has its old disks and power state again. ${d.reason}`,
    hint: 'Mend the cause and restore again.',
  }),
  ROLLBACK_FAILED: (d: { vm: string; reason: string; disks: readonly string[] }) => ({
    message: `The restore of ${d.vm} failed, and so did undoing it: ${d.reason}`,
    hint: `Its old disks are kept: ${d.disks.join(', ')}. azlin cleanup starts it with the disks it has by then, and removes none that it uses.`,
  }),
  MASS_DELETION: (d: { vm: string; count: number; total: number }) => ({
    message: `This would remove ${d.count} of the ${d.total} backups of ${d.vm}, so nothing was removed.`,
    hint: 'Look at azlin backup cleanup --dry-run; add --yes if that is what you want.',
  }),
  COPY_BROKEN: (d: { snapshot: string; reason: string }) => ({
    message: `Azure broke off the copy ${d.snapshot}: ${d.reason}`,
    hint: 'azlin backup replicate begins it again.',
    retryable: true,
  }),
  COPY_WRONG: (d: { reason: string }) => ({
    message: `Azure says that it is copied, but ${d.reason}.`,
    hint: 'Look at both snapshots; delete the copy, then run azlin backup replicate again.',
  }),
  COPY_STALLED: (d: { snapshot: string; percent: number; minutes: number }) => ({
    message: `The copy ${d.snapshot} has stood at ${d.percent} % for ${d.minutes} minutes; azlin no longer waits for it.`,
    hint: 'Azure may still finish it: azlin backup replication-status looks again.',
  }),
  HOLDS_OTHERS: (d: { what: string; others: readonly string[] }) => ({
    message: `${d.what} holds what azlin did not make, and stays: ${d.others.join(', ')}`,
    hint: 'Take that out of it first, then run azlin cleanup.',
  }),
  NOT_READY: (d: { what: string; problems: readonly string[] }) => ({
    message: `${d.what} cannot begin: ${d.problems.join('; ')}.`,
    hint: 'Nothing was made. Mend all of it, then run the command again.',
  }),
  DRILLS_NOT_CONFIGURED: (d: { vm: string }) => ({
    message: `${d.vm} has no drill schedule.`,
    hint: `azlin dr configure ${d.vm} --test-region <region> gives it one.`,
  }),
  GROUP_BEFORE_FAILED: (d: { plan: string }) => ({
    message: `Not begun: a group before it in the plan ${d.plan} failed.`,
    hint: 'Look at the VM that failed first.',
  }),
  BOOT_UNPROVEN: (d: { vm: string }) => ({
    message: `${d.vm} runs, but nothing showed that its system came up: no guest agent reported, and SSH was not checked.`,
    hint: 'Drill it without --no-connectivity: SSH shows it, where there is no guest agent.',
  }),
  CHECK_FAILED: (d: { vm: string; check: string; reason: string }) => ({
    message: `The ${d.check} check of ${d.vm} failed: ${d.reason}`,
    hint: 'Run the drill with --no-cleanup to look at the machine.',
  }),
  CLEANUP_INCOMPLETE: (d: { left: number }) => ({
    message: `${d.left} temporary resource(s) could not be removed.`,
    hint: 'azlin cleanup tries again; the reason stands beside each.',
  }),

  // What Azure said.
  NOT_SIGNED_IN: (d: { reason: string }) => ({
    message: `Not signed in to Azure: ${d.reason}`,
    hint: 'Sign in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run where there is a managed identity.',
  }),
  FORBIDDEN: (d: { what: string; action: string; scope: string }) => ({
    message: `Azure did not allow ${d.what}${d.action ? ` (${d.action})` : ''}.`,
    hint: d.action
      ? `Ask for a role that allows ${d.action} on ${d.scope}. The README has the least role azlin needs.`
      : 'Ask for the role in the README on the resource group.',
  }),
  POLICY_DENIED: (d: { what: string; reason: string }) => ({
    message: `An Azure policy does not allow ${d.what}: ${d.reason}`,
    hint: 'Ask whoever keeps the policy, or choose another region, group or SKU.',
  }),
  PROVIDER_NOT_REGISTERED: (d: { provider: string }) => ({
    message: `The subscription is not registered for ${d.provider}.`,
    hint: `az provider register --namespace ${d.provider}`,
  }),
  AZURE_NOT_FOUND: (d: { what: string }) => ({
    message: `Azure has no ${d.what}.`,
    hint: 'Check the name, -g and --subscription.',
  }),
  LOCKED: (d: { what: string; scope: string }) => ({
    message: `A lock does not allow ${d.what}${d.scope ? ` (on ${d.scope})` : ''}.`,
    hint: 'Remove the lock first if that is what you want; azlin never does.',
  }),
  DISK_ATTACHED: (d: { what: string }) => ({
    message: `${d.what}: the disk is attached to a VM.`,
    hint: 'Detach it first.',
  }),
  ACTIVE_SAS: (d: { what: string }) => ({
    message: `${d.what}: somebody still holds an access link (SAS) to it.`,
    hint: 'Wait until the link runs out, or revoke it.',
  }),
  READ_REFUSED: (d: { what: string; reason: string }) => ({
    message: `Azure does not let the bytes be read (${d.what}): ${d.reason}`,
    hint: 'If the owner closed the disk to export, --allow-export reads a temporary one all the same. If a policy or private link stands in the way, run azlin where the disk may be read, or ask for an exemption for disks tagged azlin:temporary. --allow-unread accepts disks unread.',
  }),
  VM_MUST_BE_DEALLOCATED: (d: { what: string }) => ({
    message: `${d.what}: Azure wants the VM stopped and deallocated for that.`,
    hint: 'az vm deallocate, then try again.',
  }),
  QUOTA_EXCEEDED: (d: { what: string; reason: string }) => ({
    message: `The quota is used up for ${d.what}: ${d.reason}`,
    hint: 'Ask for more quota in the Azure portal, or choose another size or region.',
  }),
  CAPACITY: (d: { what: string; reason: string }) => ({
    message: `Azure has no room for ${d.what} just now: ${d.reason}`,
    hint: 'Try again later, or choose another size or zone.',
  }),
  SNAPSHOT_LIMIT: (d: { what: string; reason: string }) => ({
    message: `Azure's limit on snapshots of one disk stands against ${d.what}: ${d.reason}`,
    hint: 'A disk takes 7 incremental snapshots in 5 minutes and holds 500. Wait, or remove some.',
  }),
  THROTTLED: (d: { what: string; seconds: number }) => ({
    message: `Azure is limiting requests and did not finish ${d.what}${d.seconds ? `; it asks to wait ${d.seconds} s` : ''}.`,
    hint: 'Run the command again later; work that was finished is not repeated.',
    retryable: true,
  }),
  AZURE_UNAVAILABLE: (d: { what: string; reason: string }) => ({
    message: `Azure did not finish ${d.what}: ${d.reason}`,
    hint: 'Run the command again in a minute; work that was finished is not repeated.',
    retryable: true,
  }),
  NETWORK: (d: { what: string; host: string; reason: string }) => ({
    message: `${d.host} could not be reached for ${d.what}: ${d.reason.replace(/\.$/, '')}.`,
    hint: 'Check the network, the proxy and AZLIN_ARM_ENDPOINT.',
    retryable: true,
  }),
  CONFLICT: (d: { what: string; reason: string }) => ({
    message: `Something else is changing ${d.what}: ${d.reason}`,
    hint: 'Wait until it is done and run the command again.',
  }),
  TIMED_OUT: (d: { what: string; seconds: number }) => ({
    message: `Azure had not finished ${d.what} after ${d.seconds} s.`,
    hint: 'It may still finish. Look at it, then run the command again.',
  }),
  AZURE_REJECTED: (d: { what: string; code: string; reason: string }) => ({
    message: `Azure refused ${d.what}: ${d.reason}${d.code ? ` (${d.code})` : ''}`,
    hint: 'Run it again with --verbose to see each request.',
  }),

  // The machine that was restored.
  SSH_FAILED: (d: { host: string; port: number; why: string; reason: string }) => ({
    message: `No SSH with ${d.host} port ${d.port}: ${d.why}${d.reason ? ` (${d.reason})` : ''}.`,
    hint: 'Look at what runs on that port of the machine, and at the security groups on the way to it.',
    retryable: !/authentication/.test(d.why),
  }),

  // This machine.
  DATABASE_NEWER: (d: { file: string }) => ({
    message: `The database ${d.file} was written by a newer azlin.`,
    hint: 'Update azlin, or set AZLIN_HOME to another folder.',
  }),
  DATABASE_UNUSABLE: (d: { file: string; reason: string }) => ({
    message: `The database ${d.file} cannot be used: ${d.reason.replace(/\.$/, '')}.`,
    hint: 'Mend that, move the file away (azlin makes a new one), or set AZLIN_HOME to another folder. What it cannot write down, azlin does not begin in Azure; what was begun already goes on there.',
  }),
  SANDBOX_NOT_RUNNING: (d: { home: string }) => ({
    message: `No sandbox is running for ${d.home}.`,
    hint: 'azlin sandbox start',
  }),
  SANDBOX_FAILED: (d: { reason: string }) => ({
    message: `The sandbox did not do it: ${d.reason}`,
    hint: 'azlin sandbox status; its log is sandbox/sandbox.log in the state folder.',
  }),
  INTERRUPTED: (d: { by: string; during?: Stoppable | undefined }) => ({
    message: `Interrupted (${d.by}).`,
    hint: (d.during && afterStop[d.during]) ?? 'Temporary resources were removed, or are recorded for azlin cleanup.',
  }),
  OUTPUT_FAILED: (d: { reason: string }) => ({
    message: `The result could not be written to standard output: ${d.reason}`,
    hint: 'What was asked for may have been done all the same: look before you run it again.',
  }),
  INTERNAL: (d: { reason: string }) => ({
    message: `azlin met something it did not expect: ${d.reason}`,
    hint: 'This is a fault of azlin. Run it again with --verbose and report what it prints.',
  }),
} satisfies Record<string, (details: never) => Wording>

export type ErrorCode = keyof typeof catalogue
export type DetailsOf<C extends ErrorCode> = Parameters<(typeof catalogue)[C]>[0]

export class AzlinError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'AzlinError'
  readonly code: C
  readonly details: DetailsOf<C>
  readonly hint: string
  readonly retryable: boolean

  constructor(code: C, details: DetailsOf<C>, options?: ErrorOptions) {
    const word = catalogue[code] as (details: DetailsOf<C>) => Wording
    const { message, hint, retryable = false } = word(details)
    super(message, options)
    this.code = code
    this.details = details
    this.hint = hint
    this.retryable = retryable
  }

  /** What leaves the process: never the cause, which may hold a request with its headers. */
  toJSON(): { code: C; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: this.hint }
  }

  /** Use this and not `instanceof`, which would narrow the type argument to `any`. */
  static is<C extends ErrorCode = ErrorCode>(error: unknown, code?: C): error is AzlinError<C> {
    return error instanceof AzlinError && (code === undefined || error.code === code)
  }
}
