import type { AnyStruct } from '@winback/core';
import {
  CertificateData,
  Datum,
  FekHeader,
  KeyListEntry,
  MetadataHeader,
  MetadataV4Header,
  ProtectorList,
  PublicKeyInfo,
} from './metadata/metadata.layout.js';
import { EncryptedDataInfo, ExtendedDataInfo, MarshaledStream, RawHeader, StreamSegment } from './raw/robs.layout.js';

/** Every structure table of this package. */
export const layouts: readonly AnyStruct[] = [
  RawHeader,
  MarshaledStream,
  StreamSegment,
  EncryptedDataInfo,
  ExtendedDataInfo,
  MetadataHeader,
  KeyListEntry,
  PublicKeyInfo,
  CertificateData,
  FekHeader,
  MetadataV4Header,
  Datum,
  ProtectorList,
];
