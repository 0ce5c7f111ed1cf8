# The readers of one run, in a process of their own, which hears when faults begin and
# end, and judges at the end.
# CONTRIBUTING.md, "The gate, live".

package Healthcode::Live::Passage::Crowd;

use strict;
use warnings;

use Healthcode::Fixture;
use Healthcode::Keys qw(proof);
use Healthcode::Live::Passage::Gates;
use Healthcode::Live::Passage::Readers;
use Healthcode::Live::Passage::Script;
use Healthcode::Live::Passage::Store;
use Healthcode::Live::Passage::Wire;
use JSON::PP ();
use Time::HiRes qw(time);

my $READERS = 200;


# run({ world, hole, script, sizes: see Healthcode::Live::Passage }, IN, OUT): it hears
# "f", a fault begins, and "o", it is over; "e", all kinds have been; "c", there will be
# none any more. It says "done" when all passages are over, and writes the file "report".
sub run {
    my ($run, $in, $out) = @_;
    my $driver = _driver($run);
    my $wire = Healthcode::Live::Passage::Wire->new($driver);
    my $readers = Healthcode::Live::Passage::Readers->new(wire => $wire, driver => $driver,
        readers => $READERS, gates => scalar @{ $driver->{addresses} },
        halls => $run->{world}->halls,
        map { $_ => $run->{$_} } qw(seed passages seconds rate));
    my $calm;

    $wire->watch($in, sub {
        sysread $in, my $word, 64 or POSIX::_exit(1);
        for ($word =~ /(\w)/g) {
            $readers->{fault} = 1 if $_ eq 'f';
            $readers->{fault} = 0 if $_ eq 'o';
            $readers->{enough} = 1 if $_ eq 'e';
            $calm = 1 if $_ eq 'c';
        }
    });
    my $begun = time;
    $readers->run;
    my $took = time - $begun;
    print $out "done\n";
    $wire->run(sub { $calm });
    $wire->after($run->{hold} + 1, sub { $calm = 2 });
    $wire->run(sub { $calm == 2 });
    _report($run, $readers, $took);
}


sub _driver {
    my ($run) = @_;
    my $world = $run->{world};
    return Healthcode::Live::Passage::Gates->new(
        addresses => [ map { $_->sock } $world->gates ]) if !$run->{script};
    my $text = $world->f->read("$Healthcode::Fixture::ROOT/redis-scripts/passage.lua");
    if ($run->{hole}) {
        my ($rule, $none) = @{ $run->{hole} };
        $text =~ s/\Q$rule\E/$none/ or die "live: the script has no \"$rule\"\n";
    }
    return Healthcode::Live::Passage::Script->new(script => $text, life => 900,
        addresses => [ $world->redis->socket ],
        instance => proof($world->redis)->{instance});
}


sub _report {
    my ($run, $readers, $took) = @_;
    my $world = $run->{world};
    my $f = $world->f;
    my $redis = bless { socket => $world->redis->socket }, 'Healthcode::Redis';
    my @halls = $world->halls->all;
    # it looks, so that what is held for long enough is decided
    my %shown = map { $_ => $f->tool('hall', 'show', '--redis', $f->url($redis),
        '--pepper-file', $f->path('pepper'), $_) =~ /^inside +(\d+)/m } map { $_->{name} } @halls;

    my $judge = Healthcode::Live::Passage::Store->new($readers->passages);
    $judge->judge_answers;
    my $seen = $judge->judge_store($redis, @halls);
    $seen->{$_}{shown} = 0 + $shown{$_} for keys %shown;

    my @times = sort { $a <=> $b } @{ $readers->{times} };
    $f->write('report', JSON::PP->new->encode({ took => $took, halls => $seen,
        passages => scalar $readers->passages, count => $readers->{count},
        wrong => $judge->wrong, whom => $judge->whom, texts => [ $judge->texts ],
        times => [ map { ($times[ $_ * $#times ] // 0) * 1000 } 0.5, 0.99, 1 ] }));
}

1;
