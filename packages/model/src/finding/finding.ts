import type { Fault, Place } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'

/** One thing that is wrong (or dangerous) in what was declared: where it is and how to mend it. */
export const finding = z.strictObject({
  /** `error` stops an apply; `warning` is said and does not. */
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  /** JSON Pointer inside the file. */
  path: z.string().optional(),
})
export type Finding = z.infer<typeof finding>

/** `warehouse.yaml:12:5 /spec/title`: as much of a place as is known. */
export function formatPlace(place: Place): string {
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':')
  return [position, place.path].filter((part) => part !== undefined && part !== '').join(' ')
}

export function findingOf(fault: Fault): Finding {
  return {
    severity: 'error',
    code: fault.code,
    message: fault.detail ?? fault.title,
    remedy: fault.remedy,
    ...fault.place,
  }
}
