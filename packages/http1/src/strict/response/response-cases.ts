import { chunks } from './chunk.ts'
import { fields } from './field.ts'
import { lengths } from './length.ts'
import type { ResponseCase } from './response-case.ts'
import { statusLines } from './status-line.ts'

/** All that backends send, by what is odd about it. */
export const responseCases: readonly (readonly [string, readonly ResponseCase[]])[] = [
  ['status lines', statusLines],
  ['lengths and codings', lengths],
  ['chunks', chunks],
  ['field lines and interim responses', fields],
]
