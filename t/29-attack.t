# The attack itself: a gate that is sound stands a short one, and one with a hole
# is found, with what was sent.  CONTRIBUTING.md, "Sanitizers and the attack".
# `make attack` and `make asan` go on for longer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Process;


# The exit status and the output of an attack of this part.
sub attack {
    my ($part, %env) = @_;
    local %ENV = (%ENV, SEED => 29, %env);
    my $process = Healthcode::Process->spawn(
        [ $^X, "$FindBin::Bin/../util/attack.pl", $part ]);
    my $status = $process->wait(240);
    $process->end('KILL') if !defined $status;
    return ($status, $process->output);
}


my %short = (requests => { REQUESTS => 4000 }, store => { STORE_SECONDS => 6 },
             keys => { KEYS_SECONDS => 6 });

for my $part (sort keys %short) {
    my ($status, $out) = attack($part, %{ $short{$part} });
    is($status, 0, "$part: a sound gate stands it") or diag($out);
    like($out, qr/^attack: SEED=29$/m, "$part: the seed is told");
    unlike($out, qr/uninitialized|line \d+\.$/m, "$part: no warning of Perl");
}

my ($status, $out) = attack('requests', REQUESTS => 50_000, HOLE => 1);
isnt($status, 0, 'a location that is open to all is found');
like($out, qr/has no valid code, and reads what is behind the gate:/,
     'and said to be');
like($out, qr/^-- connection \d+, then \w+:$/m, 'with what was sent');

($status, $out) = attack('requests', REQUESTS => 50_000, HOLE => 500);
isnt($status, 0, 'a request that ends in 500 is found');
like($out, qr{^a request ends in 500: \d+ \d+ HTTP/\S+ "\w+ \S*/open}m,
     'and said to be');

($status, $out) = attack('store', STORE_SECONDS => 12, HOLE => 1);
isnt($status, 0, 'an answer that is cut, and yet passes, is found');
like($out, qr/^WRONG lane \d+ phase \d+: \w+ at .*: 200$/m, 'and said to be');
like($out, qr/^what was sent:$/m, 'with what Redis said');

done_testing();
