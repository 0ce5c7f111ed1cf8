# "healthcode issue --qr": what it draws is read by libzbar, byte for byte, and
# is the same QR code in each format.  A command that was built without QR codes
# says so.  From the root: prove t/64-qr.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Fixture;
use Healthcode::Hall qw(grey modules);

my $ROOT = $Healthcode::Fixture::ROOT;
my $BUILD = $Healthcode::Fixture::BUILD;

my $f = Healthcode::Fixture->new;
my $hall = Healthcode::Hall->start($f);
my @same = ('--iat', 1795464000, '--jti', 'x');

# draw(FORMAT, words): (exit status, standard output, standard error)
sub draw {
    my ($command, $format, @words) = @_;
    my @line = ($command, 'issue', '--key', $f->path('nat-hs.key'), '--iss', 'https://n.example',
                '--sub', 'ana', @same, (defined $format ? ('--qr', $format) : ()), @words);
    my ($out, $err) = map { $f->path($_) } 'drawn', 'said';
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $out;
        open STDERR, '>', $err;
        { exec @line }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return ($? >> 8, $f->read('drawn'), $f->read('said'));
}

# A code of so many bytes, of the same key and claims each time it is asked for.
sub padded {
    my ($bytes) = @_;
    my (undef, $code) = draw("$BUILD/healthcode", undef, '--claim', 'pad=');
    chomp $code;
    my $pad = int(($bytes - length $code) * 3 / 4) - 8;
    for (1 .. 20) {
        (undef, $code) = draw("$BUILD/healthcode", undef, '--claim', 'pad=' . 'x' x $pad);
        chomp $code;
        return ($code, '--claim', 'pad=' . 'x' x $pad) if length $code >= $bytes;
        $pad++;
    }
    die "no code of $bytes bytes\n";
}


# ---- each format, read by libzbar ----

for my $row ([ 'a usual code', [] ], [ 'one of 1,200 bytes', [ (padded(1200))[1, 2] ] ]) {
    my ($what, $words) = @$row;
    my (undef, $code, undef) = draw("$BUILD/healthcode", undef, @$words);
    chomp $code;
    my %drawn;

    for my $format (qw(svg png terminal)) {
        my ($status, $out, $err) = draw("$BUILD/healthcode", $format, @$words);
        is("$status $err", '0 ', "$what as $format is drawn, and nothing else is said");
        $drawn{$format} = eval { join "\n", map { join '', @$_ } modules($out) };
        ok($drawn{$format}, "$what as $format is well-formed") or diag($@);
        is($hall->scan(grey($out, 4)), $code, "and libzbar reads the code, byte for byte");
    }
    is($drawn{$_}, $drawn{svg}, "$what as $_ is the same QR code") for qw(png terminal);
    my @rows = split /\n/, $drawn{svg};
    is(join('', @rows[0 .. 3, -4 .. -1]) =~ tr/1//, 0, "$what has 4 light rows above and below");
    is(scalar(grep { !/^0000.*0000$/ } @rows), 0, 'and 4 light columns on both sides');
}

my ($status, $out, $err) = draw("$BUILD/healthcode", 'svg');
like($out, qr/^<svg xmlns="[^"]+" [^>]*>(<rect [^>]*\/>)<path [^>]*\/><\/svg>\n\z/,
     'the SVG is one element with one path, for a page as well');
unlike($out, qr/style|script|&/, 'without a style or a script, whatever the policy of the page');
unlike($out, qr/eyJ/, 'and without the code as text');


# ---- the longest ----

my ($code, @words) = padded(2950);
cmp_ok(length $code, '<=', 2953, 'a code of at most 2,953 bytes');
($status, $out, $err) = draw("$BUILD/healthcode", 'svg', @words);
is($status, 0, 'is drawn') or diag($err);
is($hall->scan(grey($out, 4)), $code, 'and read');

($code, @words) = padded(2954);
for my $format (qw(svg png terminal)) {
    ($status, $out, $err) = draw("$BUILD/healthcode", $format, @words);
    is("$status $out", '3 ', "a longer one as $format is an error, and nothing is written");
    like($err, qr/: --qr: the code has ${\ length $code} bytes, and a QR code holds at most 2953; /,
         'that says why');
}

my $key = $f->path("nat-hs.key");
my $said = `$BUILD/healthcode issue --key $key --iss i --sub s --qr png 2>&1 >/dev/full`;
is($? >> 8, 3, 'a disk that is full is an error');
like($said, qr/^healthcode issue: --qr: it cannot be written|cannot write to standard output/,
     'and said');


# ---- a build without libqrencode and libpng ----

my $plain = $f->path('plain');
system("mkdir -p $plain/obj && cp -a $BUILD/obj/command $plain/obj/") == 0 or die "obj: $!";
$said = `make -s -C $ROOT/tools/healthcode BUILD=$plain DEPS=$ROOT/.deps QR=no 2>&1`;
is($?, 0, 'a command without QR codes builds') or diag($said);
unlike(`readelf -d $plain/healthcode`, qr/NEEDED.*(qrencode|png)/, 'and asks for neither library');
($status, $out, $err) = draw("$plain/healthcode", undef);
is($status, 0, 'it issues codes');
for my $format (qw(svg png terminal)) {
    ($status, $out, $err) = draw("$plain/healthcode", $format);
    is("$status $out", '3 ', "asked for $format it issues none");
    is($err, 'healthcode issue: --qr: this healthcode was built without QR codes; install '
         . "libqrencode-dev and libpng-dev, and build it again\n", 'and says what to install');
}
($status, $out, $err) = draw("$plain/healthcode", 'gif');
is($status, 2, 'a word that is no format is one all the same');

done_testing();
