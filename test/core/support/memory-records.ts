/** The records of one computer, in memory: for simulations that would wait for the disk thousands of times. */
import type { JournalEntry, Records } from '../../../src/core/ports/records.js'

export interface AuditLine {
  readonly operation: string
  readonly subject: string
  outcome?: string
  error?: { code: string; message: string }
}

export class MemoryRecords implements Records {
  readonly entries: JournalEntry[] = []
  readonly lines: AuditLine[] = []
  readonly #turns = new Map<string, { what: string; since: Date }>()
  #next = 1

  readonly journal: Records['journal'] = {
    open: async (entry, at) => {
      const id = String(this.#next++)
      const owner = { host: 'here', pid: 1, startedAt: at }
      this.entries.push({ ...entry, id, owner, createdAt: at, ownerAlive: true, kept: false })
      return id
    },
    close: async (id) => {
      const index = this.entries.findIndex((entry) => entry.id === id)
      if (index >= 0) this.entries.splice(index, 1)
    },
    keep: async () => {},
    failed: async () => {},
    list: async () => this.entries,
  }

  /** Nothing in memory is ever copied. */
  readonly replications: Records['replications'] = {
    open: () => Promise.reject(new Error('No copies are kept in memory.')),
    change: () => Promise.reject(new Error('No copies are kept in memory.')),
    list: async () => [],
  }

  /** Nothing in memory is ever verified. */
  readonly verifications: Records['verifications'] = {
    begin: () => Promise.reject(new Error('No verifications are kept in memory.')),
    end: async () => {},
    interrupted: async () => {},
    list: async () => [],
    digestOf: async () => undefined,
    contentIn: async () => undefined,
    contentBefore: async () => undefined,
  }

  /** Nothing in memory is ever drilled. */
  readonly drills: Records['drills'] = {
    begin: () => Promise.reject(new Error('No drills are kept in memory.')),
    phase: async () => {},
    end: async () => {},
    list: async () => [],
  }

  readonly audit: Records['audit'] = {
    begin: async (operation, subject) => this.lines.push({ operation, subject }) - 1,
    end: async (id, outcome, _at, error) => {
      const line = this.lines[id]
      if (line) Object.assign(line, { outcome, ...(error && { error }) })
    },
  }

  readonly turnstile: Records['turnstile'] = {
    enter: async (what, resource, since) => {
      const key = resource.toLowerCase()
      const held = this.#turns.get(key)
      if (held) return { entered: false, ...held }
      this.#turns.set(key, { what, since })
      return { entered: true, leave: async () => void this.#turns.delete(key) }
    },
  }
}
