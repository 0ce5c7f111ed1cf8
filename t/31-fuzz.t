# Whether a finding of the fuzzers can get lost: t/fuzz/run.sh with programs
# that end as libFuzzer's do.  What a target finds is its own affair.
# CONTRIBUTING.md, "Fuzzing".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp ();
use MIME::Base64 qw(decode_base64);
use Test::More;

use Healthcode::Process;

my $tmp = File::Temp->newdir('healthcode-fuzz-XXXXXXXX', TMPDIR => 1);
chdir $tmp or die "$tmp: $!\n";
make_path('out');


sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}


# A program of libFuzzer's habits: $found is where it keeps what breaks it.
sub program {
    my ($name, $body) = @_;
    open my $file, '>', "out/fuzz-$name" or die "out/fuzz-$name: $!\n";
    print {$file} <<"END";
#!/bin/sh
for arg; do
    case \$arg in -artifact_prefix=*) found=\${arg#*=} ;; esac
done
$body
END
    close $file or die;
    chmod 0755, "out/fuzz-$name";
}


sub run {
    my (@args) = @_;
    my $process = Healthcode::Process->spawn([ './run.sh', 'out', @args ]);
    my $status = $process->wait(60) // die "run.sh: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub last_line { return (split /\n/, $_[0])[-1] // '' }

copy("$FindBin::Bin/fuzz/run.sh", 'run.sh') or die "run.sh: $!\n";
chmod 0755, 'run.sh';

my $stats = "echo '#9 DONE cov: 7 ft: 8'; "
    . 'echo "stat::number_of_executed_units: 90"; '
    . 'echo "stat::new_units_added: 2"';

program(good   => $stats);
program(fine   => $stats);
program(crash  => "$stats; printf 'a\\000\\377b' > \"\${found}crash-1\"; exit 77");
program(slow   => "$stats; echo x > \"\${found}timeout-1\"; exit 70");
program(large  => "$stats; head -c 90000 /dev/zero > \"\${found}crash-2\"; exit 77");
program(idle   => 'exit 0');
program(broken => 'echo cannot start >&2; exit 1');
program(killed => 'kill -9 $$');

my ($status, $out) = run(1, 1, 'good');
is($status, 0, 'a target that has run and found nothing passes');
like($out, qr/^good +\d+ s +90 runs, +7 edges, +2 new inputs$/m, 'its line says what was done');
is(last_line($out), 'fuzz: 1 passed, 0 failed', 'and the last one the totals');

($status, $out) = run(1, 1, 'crash');
isnt($status, 0, 'an input that breaks something fails the run');
is(slurp('corpus/crash/crash-1'), "a\0\xffb", 'it is kept with the inputs that are replayed');
my ($base64) = $out =~ /base64 -d <<END > t\/fuzz\/corpus\/crash\/crash-1\n(.*?)\nEND/s;
is(decode_base64($base64 // ''), "a\0\xffb", 'and printed, so that a log is enough to have it');
is(last_line($out), 'fuzz: 0 passed, 1 failed', 'and counted');

($status, $out) = run(1, 1, 'slow');
isnt($status, 0, 'one that hangs fails the run');
ok(-s 'corpus/slow/timeout-1', 'and is kept');

($status, $out) = run(1, 1, 'large');
isnt($status, 0, 'a large one fails the run');
is(-s 'corpus/large/crash-2', 90000, 'and is kept whole');
cmp_ok(length $out, '<', 12000, 'but does not fill the log');

for my $name (qw(idle broken killed absent)) {
    ($status, $out) = run(1, 1, $name);
    isnt($status, 0, "a target that is $name fails the run");
    is(last_line($out), 'fuzz: 0 passed, 1 failed', 'and is counted');
}

($status, $out) = run(1, 2, qw(good crash fine broken));
isnt($status, 0, 'one of several is enough');
is(last_line($out), 'fuzz: 2 passed, 2 failed', 'each target counts')
    or diag($out);

for my $wrong ([ 0, 1 ], [ 'x', 1 ], [ 5, 0 ], [ '', 1 ]) {
    ($status, $out) = run(@$wrong, 'good');
    is($status, 2, "SECONDS='$wrong->[0]' JOBS='$wrong->[1]' is refused");
}

chdir '/';
done_testing();
