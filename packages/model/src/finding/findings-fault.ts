import { Fault, type FaultDefinition, type FaultOptions } from '@portcullis/kernel/fault'
import type { Finding } from './finding.ts'

/** A fault that lists everything that is wrong, each with its place, so that all of it can be mended at once. */
export class FindingsFault extends Fault {
  readonly findings: readonly Finding[]

  constructor(
    code: string,
    definition: FaultDefinition,
    findings: readonly Finding[],
    options: FaultOptions = {},
  ) {
    super(code, definition, options)
    this.findings = findings
  }
}
