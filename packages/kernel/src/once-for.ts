/**
 * Makes something of an object once, and gives out the same when it is asked of the same object again; it goes with the object.
 * For objects that are never changed, such as documents of a store that were read.
 */
export function onceFor<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, { readonly value: V }>()
  return (of) => {
    const known = made.get(of)
    if (known !== undefined) return known.value
    const value = make(of)
    made.set(of, { value })
    return value
  }
}
