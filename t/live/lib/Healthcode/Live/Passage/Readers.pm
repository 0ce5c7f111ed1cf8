# The readers, and the people who pass them: what is sent, when, where and how often,
# drawn from the seed; what is lost, doubled, late or in another order.  Every message
# is recorded; Healthcode::Live::Passage::Judge judges.
# CONTRIBUTING.md, "The gate, live".

package Healthcode::Live::Passage::Readers;

use strict;
use warnings;

use Healthcode::Attack::Random;
use Time::HiRes qw(time);

my $PEOPLE = 1000;      # of a hall where holders pass once
my $RENEW  = 600;       # seconds, after which somebody opens a code anew

# of 100 passages
my @TROUBLES = ([ lost => 14 ], [ doubled => 8 ], [ rival => 7 ], [ friend => 7 ],
                [ late => 6 ], [ early => 3 ], [ wrong_way => 5 ]);

my $UNKNOWN = qr/^(busy|lost|unsent)$/;


# new(halls, wire, driver, gates => N, seed, readers => N, passages => N,
#     seconds => S at most, rate => passages a second); they do not end before somebody
#     sets {enough}
sub new {
    my ($class, %opt) = @_;
    my $self = bless { %opt, all => [], started => 0, nonce => 0, fault => 0, times => [],
        count => {} }, $class;
    $self->{random} = Healthcode::Attack::Random->new($opt{seed}, 18);
    for my $hall (grep { $_->{once} eq 'holder' } $self->{halls}->all) {
        $hall->{people} = [ map { $self->{halls}->person("$hall->{name}-$_") } 1 .. $PEOPLE ];
    }
    return $self;
}


sub passages { @{ $_[0]{all} } }
sub below    { $_[0]{random}->below($_[1]) }
sub chance   { $_[0]{random}->below(100) < $_[1] }
sub _seconds { $_[1] + ($_[2] - $_[1]) * $_[0]{random}->below(1000) / 1000 }
sub _count   { $_[0]{count}{ $_[1] }++ }


# Until all have passed and all that was to come later has come.
sub run {
    my ($self) = @_;
    my $wire = $self->{wire};
    $self->{until} = time + $self->{seconds};
    $self->{pause} = $self->{readers} / $self->{rate};
    for my $n (0 .. $self->{readers} - 1) {
        $wire->after($self->_seconds(0, $self->{pause}), sub { $self->_turn($n) });
    }
    $wire->run(sub { $wire->is_quiet });
}


# ---- a reader ----

sub _turn {
    my ($self, $n) = @_;
    return if $self->{enough}
        && ($self->{started} >= $self->{passages} || time > $self->{until});
    my $begun = time;
    my @halls = $self->{halls}->all;
    my $p = $self->_comes($halls[$n % @halls], $n);
    my $trouble = $self->_trouble;

    $self->_extra($trouble, $p);
    $self->_ask($p, $trouble eq 'lost' ? 1 + $self->below(2) : 0, sub {
        $self->_concluded(@_);
        my $rest = $begun + $self->_seconds(0.5, 1.5) * $self->{pause} - time;
        $self->{wire}->after($rest > 0 ? $rest : 0, sub { $self->_turn($n) });
    });
}


sub _trouble {
    my ($self) = @_;
    my $n = $self->below(100);
    for my $trouble (@TROUBLES) {
        return $trouble->[0] if ($n -= $trouble->[1]) < 0;
    }
    return 'none';
}


# Somebody comes to this reader.
sub _comes {
    my ($self, $hall, $n) = @_;
    my ($person, $way) = (undef, 'i');

    if ($hall->{people}) {
        for (1 .. 20) {
            $person = $hall->{people}[ $self->below($PEOPLE) ];
            last if $person->{ready} <= time;
        }
        $way = $person->{where} eq 'in' ? 'o' : 'i';
        $way = $self->{random}->pick('i', 'o')
            if $person->{where} eq 'unknown' || $self->chance($TROUBLES[-1][1]);
        $person->{code} = undef if $person->{code} && $person->{code}{made} < time - $RENEW;
        # nobody else asks for this person meanwhile
        $person->{ready} = time + 5;
    }
    else {
        $person = $self->{halls}->person("$hall->{name}-" . ++$self->{persons});
    }
    my $code = $person->{code} //= $self->{halls}->code($person);
    return $self->_passage(hall => $hall, way => $way, holder => $person, code => $code,
                           $self->_reader($hall, $n));
}


sub _reader {
    my ($self, $hall, $n) = @_;
    return (lane => "lane-$n", nonce => $hall->{has_nonce} ? 'n-' . ++$self->{nonce} : undef);
}


sub _passage {
    my ($self, %p) = @_;
    my $p = $self->{halls}->passage(%p);
    push @{ $self->{all} }, $p;
    $self->{started}++;
    return $p;
}


# The same code at another reader.
sub _other {
    my ($self, $p) = @_;
    my $other = $p->another($self->_reader($p->{hall}, $self->below($self->{readers})));
    push @{ $self->{all} }, $other;
    $self->{started}++;
    return $other;
}


# The same message once more.
sub _same {
    my ($self, $p) = @_;
    return $p if defined $p->{nonce};
    my $same = $p->another;
    push @{ $self->{all} }, $same;
    return $same;
}


# ---- messages ----

# Says this of a passage, to any gate; $then->(WORD).
sub _say {
    my ($self, $what, $p, $then, $drop) = @_;
    my $say = [ $what, time ];
    my $bytes = $self->{driver}->message($what, $p);
    my $fault = $self->{fault};

    push @{ $p->{says} }, $say;
    $self->{wire}->send($self->below($self->{gates}), $bytes, sub {
        my ($word, $sent, $done) = @_;
        @$say[1 .. 3] = ($sent, $done, $word);
        $self->_count($word);
        push @{ $self->{times} }, $done - $sent
            if !$fault && !$self->{fault} && $word !~ $UNKNOWN && @$say[0] =~ /^(enter|leave)$/;
        $then->($word) if $then;
    }, $drop);
}


sub _show {
    my ($self, $p, $then, $drop) = @_;
    $self->_say($p->{way} eq 'i' ? 'enter' : 'leave', $p, $then, $drop);
}


# Shows it until there is an answer, by the same nonce, while a retry counts; the
# first answers, so many, are lost.  $then->(PASSAGE, WORD).
sub _ask {
    my ($self, $p, $losses, $then, $until) = @_;
    my $seconds = 0.8 * ($p->{hall}{retry} || 2);
    $until //= time + $seconds;
    my $drop = $losses <= 0 ? undef : $self->{random}->pick(0, 0, 0.002, 0.01);

    $self->_show($p, sub {
        my ($word) = @_;
        return $then->($p, $word) if $word !~ $UNKNOWN;
        return $then->($p, 'none') if time > $until;
        $self->{wire}->after($self->_seconds(0.01, $drop ? 0.3 * $seconds : 0.1), sub {
            my $next = $word eq 'unsent' ? $p : $self->_same($p);
            $self->_count('retries') if $word ne 'unsent';
            $self->_ask($next, $losses - 1, $then, $until);
        });
    }, $drop);
}


# What happens beside a passage.
sub _extra {
    my ($self, $trouble, $p) = @_;
    my $wire = $self->{wire};
    my $retry = $p->{hall}{retry} || 1;
    my $told = sub { $self->_concluded(@_) };

    $self->_count($trouble);
    if ($trouble eq 'doubled') {
        my $same = $self->_same($p);
        $wire->after($self->_seconds(0, 0.01), sub { $self->_show($same) });
    }
    elsif ($trouble eq 'rival') {
        $self->_ask($self->_other($p), 0, $told);
    }
    elsif ($trouble eq 'friend') {
        $wire->after($self->_seconds(0.1, 2), sub { $self->_ask($self->_other($p), 0, $told) });
    }
    elsif ($trouble eq 'late') {
        my @when = $self->chance(25) ? (0, $retry) : ($retry, 2 * $retry);
        $wire->after($self->_seconds(@when), sub { $self->_show($self->_same($p)) });
    }
    elsif ($trouble eq 'early') {
        my @what = ('confirm', $p->{hall}{once} eq 'code' ? () : 'annul');
        $self->_say($self->{random}->pick(@what), $p) if defined $p->{nonce};
    }
}


# ---- what comes of it ----

my %WHERE = (inside => 'in', outside => 'out', replayed => 'unknown', none => 'unknown');

sub _concluded {
    my ($self, $p, $word) = @_;
    my ($hall, $person, $way) = @$p{qw(hall holder way)};
    my $allowed = $word eq 'allow';

    $person->{where} = $allowed ? ($way eq 'i' ? 'in' : 'out') : $WHERE{$word} // 'unknown';
    my $second = $allowed && $self->chance($hall->{second});
    # who left comes back once that is sure; a few do not wait
    $person->{ready} = time + ($allowed && !$second && $way eq 'o' && !$self->chance(10)
        ? $hall->{hold} : 0.2);
    $self->_second($p) if $second;

    if ($allowed && !$second && $way eq 'i' && $hall->{once} eq 'code' && $self->chance(30)) {
        $self->{wire}->after($self->_seconds(0.2, 2), sub {
            my $out = $self->_other($p);
            # without a nonce the lane alone tells it from the entry
            @$out{qw(way lane)} = ('o', "exit-$out->{lane}");
            $self->_ask($out, $self->chance(10), sub { $self->_concluded(@_) });
        });
    }
}


# The turnstile says what became of it: soon, or late; sometimes both.
sub _second {
    my ($self, $p) = @_;
    my $hold = $p->{hall}{hold};
    my $late = $self->chance(8);
    my $after = $late ? $self->_seconds(0.9 * $hold, 1.2 * $hold) : $self->_seconds(0, 0.15);
    my $what = $self->chance(12) ? 'annul' : 'confirm';
    my $both = $self->chance(5);

    $self->{wire}->after($after, sub {
        $self->_tell($what, $p, $self->chance(8));
        $self->_tell($what eq 'annul' ? 'confirm' : 'annul', $p, 0) if $both;
    });
}


# Until there is an answer.
sub _tell {
    my ($self, $what, $p, $losses, $until) = @_;
    $until //= time + 5;
    $self->_say($what, $p, sub {
        my ($word) = @_;
        return $self->_turned($what, $p, $word) if $word !~ $UNKNOWN || time > $until;
        $self->{wire}->after($self->_seconds(0.02, 0.3), sub {
            $self->_tell($what, $p, $losses - 1, $until);
        });
    }, $losses > 0 ? $self->{random}->pick(0, 0.005) : undef);
}


# It did not: who came in is not.
sub _turned {
    my ($self, $what, $p, $word) = @_;
    my $person = $p->{holder};
    my $annulled = $word eq 'done' ? $what eq 'annul' : $word eq 'final' ? $what eq 'confirm' : 0;
    $person->{where} = $p->{way} eq 'i' ? 'out' : 'in' if $annulled;
    $person->{where} = 'unknown' if $word !~ /^(done|final)$/;
}

1;
