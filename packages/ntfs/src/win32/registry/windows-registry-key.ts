import { fromFileTime, sameName, type RegistryKey, type RegistryValue } from '@winback/core';
import { SecurityInformation } from '../ffi/constants.js';
import type { Handle } from '../ffi/declarations.js';
import type { KeyHandles } from './key-handles.js';
import { pathOf, type KeyPlace } from './key-place.js';
import { listSubkeys, listValueNames, listValues, type Listing } from './listing.js';
import { registryError } from './registry-problems.js';

/** A key of the live registry, as it was when it was asked for; what it holds is read when that is asked for. Holds nothing open. */
export class WindowsRegistryKey implements RegistryKey {
  readonly path: string;

  private constructor(
    private readonly handles: KeyHandles,
    private readonly place: KeyPlace,
    readonly name: string,
    readonly className: string | undefined,
    readonly lastWrite: bigint | undefined,
  ) {
    this.path = pathOf(place);
  }

  /** Undefined: there is none. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  static find(handles: KeyHandles, place: KeyPlace): WindowsRegistryKey | undefined {
    return reading(handles, place, (key) => {
      const { className, lastWrite } = handles.calls.information(key);
      const asked = place.names.at(-1);
      // Where a link leads the key has another name than the one that it was found by.
      const own = asked === undefined ? place.rootName : handles.calls.name(key);
      const name = asked === undefined || sameName(own, asked) ? own : asked;
      return new WindowsRegistryKey(
        handles,
        place,
        name,
        className === '' ? undefined : className,
        lastWrite === 0n ? undefined : fromFileTime(lastWrite),
      );
    });
  }

  /** With the SACL where the account may read it. @throws REGISTRY_DAMAGED, REGISTRY_IO */
  get securityDescriptor(): Uint8Array | undefined {
    const { OWNER, GROUP, DACL, SACL, LABEL } = SecurityInformation;
    const { handles, place } = this;
    return guarded(this.path, () =>
      handles.readingSecurity(place, (key, withSacl) =>
        handles.calls.securityDescriptor(key, OWNER | GROUP | DACL | (withSacl ? SACL | LABEL : 0)),
      ),
    );
  }

  *subkeys(): Generator<string> {
    yield* this.#list(listSubkeys);
  }

  *values(): Generator<RegistryValue> {
    yield* this.#list(listValues);
  }

  value(name: string): RegistryValue | undefined {
    const { calls } = this.handles;
    return reading(this.handles, this.place, (key) => {
      // The calls that take a name end it at a NUL; those that list give it whole.
      if (name.includes('\0')) return listValues(calls, key).items.find((value) => sameName(value.name, name));
      const found = calls.value(key, name);
      if (!found) return undefined;
      const spelled = listValueNames(calls, key).items.find((other) => sameName(other, name));
      return { name: spelled ?? name, ...found };
    });
  }

  *#list<T>(list: (calls: KeyHandles['calls'], key: Handle) => Listing<T>): Generator<T> {
    const found = reading(this.handles, this.place, (key) => list(this.handles.calls, key));
    yield* found?.items ?? [];
    if (found?.failure !== undefined) throw registryError(found.failure, 'reading', this.path);
  }
}

const reading = <T>(handles: KeyHandles, place: KeyPlace, body: (key: Handle) => T): T | undefined =>
  guarded(pathOf(place), () => handles.reading(place, body));

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw registryError(error, 'reading', path);
  }
}
