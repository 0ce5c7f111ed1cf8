# util/deps.sh tells why apt has failed, from apt's own words: what apt 2.6
# (Debian 12) and 3.0 (Debian 13) said when each was made to happen, except for
# the clock and the disk, whose words are in its source.
# From the root: prove t/55-deps.t

use strict;
use warnings;

use File::Temp ();
use FindBin;
use Test::More;

my $ROOT = "$FindBin::Bin/..";
my $tmp = File::Temp->newdir('healthcode-deps-XXXXXXXX', TMPDIR => 1);

my %CAUSE = (
    network     => 'the mirror cannot be reached',
    certificate => 'the certificate of the mirror is not trusted here',
    signature   => 'a signature does not hold, or its key is not known here',
    clock       => 'the clock of this machine is behind that of the mirror',
    change      => 'the mirror is half way through a change, try later',
    release     => 'the mirror has no such release',
    package     => 'this release has no such package',
    file        => 'the mirror has lost this file',
    expired     => "the mirror's lists are past their date",
    disk        => "this machine's disk is full",
);

# What deps.sh says to a log: the causes, and the words it quotes.
sub why {
    my ($log) = @_;
    open my $out, '>', "$tmp/log" or die "log: $!";
    print $out $log;
    close $out;
    my $said = `$ROOT/util/deps.sh why $tmp/log 2>&1`;
    return ([ $said =~ /^the cause: (.*)$/mg ], [ $said =~ /^    apt: (.*)$/mg ]);
}


my $MIRROR = 'http://mirror.example/debian';
my $SOME = "E: Some index files failed to download. They have been ignored,"
         . " or old ones used instead.\n";

my @rows = (
    [ 'a list past its date', 'expired', <<"END" ],
Get:1 $MIRROR sid InRelease [193 kB]
Reading package lists...
E: Release file for $MIRROR/dists/sid/InRelease is expired (invalid since 23d 3h 57min 10s). Updates for this repository will not be applied.
END
    [ 'a name that nobody resolves', 'network', <<"END" ],
Err:1 http://no.such.host.invalid/debian trixie InRelease
  Could not resolve 'no.such.host.invalid'
E: Failed to fetch http://no.such.host.invalid/debian/dists/trixie/InRelease  Could not resolve 'no.such.host.invalid'
$SOME
END
    [ 'no network at all', 'network', <<"END" ],
Err:1 $MIRROR trixie InRelease
  Temporary failure resolving 'mirror.example'
W: Failed to fetch $MIRROR/dists/trixie/InRelease  Temporary failure resolving 'mirror.example'
END
    [ 'a mirror that refuses, to apt 2.6', 'network', <<"END" ],
Err:1 http://127.0.0.1:1/debian trixie InRelease
  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)
$SOME
END
    [ 'a mirror that refuses, to apt 3.0', 'network', <<"END" ],
  Unable to connect to 127.0.0.1:1:
Reading package lists...
E: Failed to fetch http://127.0.0.1:1/debian/dists/trixie/InRelease  Unable to connect to 127.0.0.1:1:
$SOME
END
    [ 'a certificate of a stranger, to apt 2.6', 'certificate', <<"END" ],
E: Failed to fetch https://mirror.example/debian/pool/main/n/nginx/nginx_1.22.1-9%2bdeb12u9_amd64.deb  Certificate verification failed: The certificate is NOT trusted. The certificate issuer is unknown.  Could not handshake: Error in the certificate verification. [IP: 203.0.113.80 443]
E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?
END
    [ 'a certificate of a stranger, to apt 3.0', 'certificate', <<"END" ],
Err:1 https://mirror.example/debian trixie InRelease
  SSL connection failed: error:0A000086:SSL routines::certificate verify failed / Success [IP: 203.0.113.80 443]
E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?
END
    [ 'a list that was changed, to apt 2.6', 'signature', <<"END" ],
Err:1 $MIRROR trixie InRelease
  The following signatures were invalid: BADSIG 6ED0E7B82643E131 Debian Archive Automatic Signing Key (12/bookworm) <ftpmaster\@debian.org>
W: GPG error: $MIRROR trixie InRelease: The following signatures were invalid: BADSIG 6ED0E7B82643E131 Debian Archive Automatic Signing Key (12/bookworm) <ftpmaster\@debian.org>
E: The repository '$MIRROR trixie InRelease' is not signed.
END
    [ 'a list that was changed, to apt 3.0', 'signature', <<"END" ],
  Sub-process /usr/bin/sqv returned an error code (1), error message is: Verifying signature:            Message has been manipulated
W: OpenPGP signature verification failed: $MIRROR trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message is: Verifying signature:            Message has been manipulated
E: The repository '$MIRROR trixie InRelease' is not signed.
END
    [ 'a key that is not here', 'signature', <<"END" ],
W: GPG error: $MIRROR trixie InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131
E: The repository '$MIRROR trixie InRelease' is not signed.
END
    [ 'no such release', 'release', <<"END" ],
Err:2 $MIRROR nosuch Release
  404  Not Found [IP: 203.0.113.80 80]
E: The repository '$MIRROR nosuch Release' does not have a Release file.
END
    [ 'no such package', 'package', <<"END" ],
Reading package lists...
Building dependency tree...
E: Unable to locate package nginx-dev
END
    [ 'a file that is gone', 'file', <<"END" ],
E: Failed to fetch $MIRROR/pool/main/y/yyjson/yyjson_0.10.0%2bds-1.dsc  404  Not Found [IP: 203.0.113.80 80]
E: Failed to fetch some archives.
END
    [ 'a list that is not the one that was signed', 'change', <<"END" ],
E: Failed to fetch $MIRROR/dists/trixie/main/binary-amd64/Packages.xz  File has unexpected size (64 != 9679304). Mirror sync in progress? [IP: 127.0.0.1 8765]
$SOME
END
    [ 'a clock that is behind', 'clock', <<"END" ],
E: Release file for $MIRROR/dists/trixie/InRelease is not valid yet (invalid for another 3h 2min 1s). Updates for this repository will not be applied.
END
    [ 'a full disk', 'disk', <<"END" ],
E: You don't have enough free space in /var/cache/apt/archives/.
END
    [ 'what is no failure of apt', undef, "cc: error: no input files\n" ],
);

for my $row (@rows) {
    my ($what, $cause, $log) = @$row;
    my ($causes, $quotes) = why($log);
    is("@$causes", $cause ? $CAUSE{$cause} : '', "$what: the cause");
    is(scalar @$quotes, $cause ? 1 : 0, "$what: in apt's words");
}

my %log = map { ($_->[1] // '') => $_->[2] } @rows;
my ($causes, $quotes) = why($log{expired} . $log{package});
is(join('; ', @$causes), "$CAUSE{package}; $CAUSE{expired}",
   'of two causes both are named, the one that stops it first');
is($quotes->[0], 'Unable to locate package nginx-dev', 'without the "E:" of apt');

done_testing();
