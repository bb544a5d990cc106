import { chunks } from './chunk.ts'
import { contents } from './content.ts'
import { contentLengths } from './content-length.ts'
import { fields } from './field.ts'
import { hostFields } from './host.ts'
import { lineEndings } from './line-ending.ts'
import type { RequestCase } from './request-case.ts'
import { requestLines } from './request-line.ts'
import { sizes } from './size.ts'
import { targets } from './target.ts'
import { transferCodings } from './transfer-coding.ts'
import { twoLengths } from './two-lengths.ts'

/** All that callers try, by what it plays with. */
export const requestCases: readonly (readonly [string, readonly RequestCase[]])[] = [
  ['two lengths of one body', twoLengths],
  ['transfer codings', transferCodings],
  ['lengths', contentLengths],
  ['chunks', chunks],
  ['content where none is expected', contents],
  ['field lines', fields],
  ['line endings', lineEndings],
  ['request lines', requestLines],
  ['targets', targets],
  ['hosts', hostFields],
  ['sizes', sizes],
]
