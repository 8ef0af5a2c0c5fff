# A formula for Homebrew, filled in by scripts/fill_packaging.ts when a release is made.
class Aivault < Formula
  desc "Encrypted secret vault for people who let scripts and AI agents use their API keys"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@RELEASE_URL@/aivault-aarch64-apple-darwin"
      sha256 "@SHA256:aivault-aarch64-apple-darwin@"
    end
    on_intel do
      url "@RELEASE_URL@/aivault-x86_64-apple-darwin"
      sha256 "@SHA256:aivault-x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@RELEASE_URL@/aivault-aarch64-unknown-linux-gnu"
      sha256 "@SHA256:aivault-aarch64-unknown-linux-gnu@"
    end
    on_intel do
      url "@RELEASE_URL@/aivault-x86_64-unknown-linux-gnu"
      sha256 "@SHA256:aivault-x86_64-unknown-linux-gnu@"
    end
  end

  def install
    bin.install Dir["aivault-*"].first => "aivault"
  end

  test do
    assert_equal version.to_s, shell_output("#{bin}/aivault --version").strip
  end
end
