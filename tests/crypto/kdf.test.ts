import { portableSha256 } from "../../lib/crypto/sha256.ts";
import { kdfContract } from "../contract/kdf.ts";

kdfContract("the portable SHA-256", portableSha256);
